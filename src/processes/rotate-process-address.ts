import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { auditRefusal, recordAudit } from "../access/record-audit.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { Verb } from "../sessions/session.rules.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { required } from "../shared/assert.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findProcesses } from "./process.reads.ts";
import { PROCESS_KIND_FACTS, type ProcessKind } from "./process.rules.ts";
import { processChanges } from "./process.state.ts";
import { ofSessions, readLoggedProcesses, replacePathToken } from "./process.store.ts";
import { requireLiveProcessing } from "./require-live-processing.ts";

export interface RotateProcessAddressInput {
  /** A process's. */
  readonly id: string;
  readonly value?: string | null | undefined;
}

/**
 * Gives a thumbnail or motion clip another address, whatever its session does, and gives out the part of it that nobody can guess. The
 * former one opens nothing any more. That it was replaced, or tried to be, is kept in the audit.
 */
export async function rotateProcessAddress(context: Context, { id, value }: RotateProcessAddressInput): Promise<string> {
  const [known] = await findProcesses(context.database.executor, context.actor.organizationId, [id]);
  const record = known ? { verb: Verb.ROTATE_SECRET, objectIds: [id, known.sessionId] } : null;
  return auditRefusal(context, record, async () => {
    assertPermission(context.actor, "rotate secrets");
    return inTransaction(context, "rotate process address", async (transactionContext) => {
      const { transaction, actor, clock } = transactionContext;
      await requireLiveProcessing(transactionContext);
      if (!known) throw notFound();
      await lockSessions(transaction, actor.organizationId, [known.sessionId]);
      const process = (await readLoggedProcesses(transaction, ofSessions([known.sessionId]))).get(id);
      if (!process || process.settings.isRemoved) throw notFound();
      refuseWithoutAddress(process.state.kind, value);
      const token = await replacePathToken(transaction, id);
      const step = { id, organizationId: actor.organizationId, before: process.state, after: process.state };
      await appendChanges(transaction, processChanges([step], { at: clock.now(), actor: actor.name }));
      await recordAudit(transactionContext, required(record, "audit of a rotated address"));
      return token;
    });
  });
}

function refuseWithoutAddress(kind: ProcessKind, value: string | null | undefined): void {
  const refusal = (message: string, field: string): Refusal =>
    new Refusal({ code: UserErrorCode.NOT_APPLICABLE, message, path: ["input", field] });
  if (PROCESS_KIND_FACTS[kind].contentName === null) throw refusal(`A ${kind} has no address of its own; its assets have.`, "id");
  if (value !== null && value !== undefined) throw refusal("The address of a process is always generated.", "value");
}

function notFound(): Refusal {
  return new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no process with this id.", path: ["input", "id"] });
}
