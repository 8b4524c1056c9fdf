import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { Verb } from "../sessions/session.rules.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { editProcesses } from "./edit-processes.ts";
import type { removeProcessesInput } from "./process.input.ts";
import { findProcesses } from "./process.reads.ts";
import { removeProcessRows } from "./process.store.ts";
import { requireLiveProcessing } from "./require-live-processing.ts";

/**
 * Takes processes off their sessions, all or none; their assets stay. One that runs goes on until its session has stopped or is
 * restarted. Gives the ids.
 */
export async function removeProcesses(context: Context, { ids }: z.output<typeof removeProcessesInput>): Promise<readonly string[]> {
  assertPermission(context.actor, "configure processes");
  return inTransaction(context, "remove processes", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    await requireLiveProcessing(transactionContext);
    const known = ids.filter((id) => isIdentifier("process", id));
    const found = await findProcesses(transaction, actor.organizationId, known);
    const locked = await lockSessions(transaction, actor.organizationId, [...new Set(found.map(({ sessionId }) => sessionId))]);
    // Read again once their sessions are held: another call may have removed some meanwhile.
    const present = new Set(
      (await findProcesses(transaction, actor.organizationId, known)).filter(({ isRemoved }) => !isRemoved).map(({ id }) => id),
    );
    const errors = ids.flatMap((id, index) => checkId(id, { index, ids, present }));
    if (errors.length > 0) throw new Refusal(...errors);
    await editProcesses(transactionContext, [...locked.values()], () => removeProcessRows(transaction, ids));
    await recordAudit(transactionContext, { verb: Verb.CONFIGURE, objectIds: [...new Set([...locked.keys(), ...ids])] });
    return ids;
  });
}

function checkId(
  id: string,
  { index, ids, present }: { readonly index: number; readonly ids: readonly string[]; readonly present: ReadonlySet<string> },
): readonly UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (present.has(id)) return [];
  return [{ code: UserErrorCode.NOT_FOUND, message: "There is no process with this id.", path }];
}
