import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { listPlaybacks } from "../playbacks/playback.store.ts";
import { Verb } from "../sessions/session.rules.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { prefixed, Refusal, UserErrorCode } from "../shared/user-error.ts";
import { lockTemplateFacts } from "../templates/template.facts.ts";
import { editProcesses } from "./edit-processes.ts";
import type { configureProcessesInput } from "./process.input.ts";
import { listProcessRows, writeProcesses } from "./process.store.ts";
import { decideProcesses, placeOf } from "./process.validation.ts";
import { requireLiveProcessing } from "./require-live-processing.ts";

/**
 * Sets processes of one session, all that the call names or none. What runs goes on as it was started; what is set takes effect with the
 * next start. Gives the ids of the processes that were named.
 */
export async function configureProcesses(context: Context, input: z.output<typeof configureProcessesInput>): Promise<readonly string[]> {
  assertPermission(context.actor, "configure processes");
  return inTransaction(context, "configure processes", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const { sessionId, settings } = input;
    await requireLiveProcessing(transactionContext);
    const ids = isIdentifier("session", sessionId) ? [sessionId] : [];
    const sessions = [...(await lockSessions(transaction, actor.organizationId, ids)).values()];
    if (sessions.length === 0) {
      throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no session with this id.", path: ["input", "sessionId"] });
    }
    const templates = await lockTemplateFacts(transaction, actor.organizationId);
    const playbacks = await listPlaybacks(transaction, sessionId);
    const present = await listProcessRows(transaction, sessionId);
    const { wanted, errors } = decideProcesses(settings, {
      playbacks: playbacks.map(({ id, nameKey, templateId }) => ({
        id,
        nameKey,
        renditionIds: (templates.get(templateId)?.renditions ?? []).map((rendition) => rendition.id),
      })),
      present: new Map(present.filter(({ isRemoved }) => !isRemoved).map((row) => [placeOf(row), row])),
    });
    if (errors) throw new Refusal(...prefixed(errors, ["input", "settings"]));
    const named = await editProcesses(transactionContext, sessions, () =>
      writeProcesses(transaction, actor.organizationId, [{ sessionId, wanted }]),
    );
    await recordAudit(transactionContext, { verb: Verb.CONFIGURE, objectIds: [sessionId, ...named] });
    return named;
  });
}
