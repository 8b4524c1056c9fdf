import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { loadValidationFacts } from "../sessions/create-sessions.ts";
import { editSession } from "../sessions/edit-session.ts";
import { PLAYBACK_COUNT_LIMIT, type addPlaybackInput } from "../sessions/session.input.ts";
import { writePlaybacks, writeSecrets } from "../sessions/session.insert.ts";
import { preparePlayback } from "../sessions/session.prepare.ts";
import { prefixed, Refusal, UserErrorCode } from "../shared/user-error.ts";
import { refuseClash } from "./playback.clash.ts";
import { listPlaybacks } from "./playback.store.ts";
import { validatePlayback } from "./playback.validation.ts";

/** Gives a stopped session one more playback, and its id. */
export async function addPlayback(context: Context, input: z.output<typeof addPlaybackInput>): Promise<string> {
  assertPermission(context.actor, "update sessions");
  const { sessionId, expectedVersion, playback, idempotencyKey } = input;
  return inTransaction(context, "add playback", (transactionContext) =>
    idempotently(transactionContext, { operation: "add playback", key: idempotencyKey, input }, () =>
      editSession(
        transactionContext,
        { id: sessionId, expectedVersion, idPath: ["input", "sessionId"], needsStopped: true },
        async (editContext, session) => {
          const others = await listPlaybacks(editContext.transaction, sessionId);
          if (others.length >= PLAYBACK_COUNT_LIMIT) throw tooMany();
          const result = validatePlayback(playback, await loadValidationFacts(editContext));
          if (!result.draft) throw new Refusal(...prefixed(result.errors, ["input", "playback"]));
          refuseClash(result.draft, others, ["input", "playback"]);
          const position = (others.at(-1)?.position ?? -1) + 1;
          const { row, secrets } = preparePlayback(editContext, {
            sessionId,
            sessionNameOrder: session.nameOrder,
            playback: result.draft,
            position,
          });
          await writePlaybacks(editContext.transaction, [row]);
          await writeSecrets(editContext.transaction, secrets);
        },
      ),
    ),
  );
}

function tooMany(): Refusal {
  return new Refusal({
    code: UserErrorCode.TOO_MANY_ITEMS,
    message: `A session has at most ${PLAYBACK_COUNT_LIMIT} playbacks.`,
    path: ["input", "sessionId"],
  });
}
