import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { removeProcessesOfPlaybacks } from "../processes/remove-stray-processes.ts";
import { editSession } from "../sessions/edit-session.ts";
import type { removePlaybacksInput } from "../sessions/session.input.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { deletePlaybacks, listPlaybacks, type PlaybackRow } from "./playback.store.ts";

/** Takes playbacks off a stopped session, all or none; one has to remain. */
export async function removePlaybacks(context: Context, input: z.output<typeof removePlaybacksInput>): Promise<string> {
  assertPermission(context.actor, "update sessions");
  return editSession(
    context,
    { id: input.sessionId, expectedVersion: input.expectedVersion, idPath: ["input", "sessionId"], needsStopped: true },
    async (editContext) => {
      const { transaction } = editContext;
      const existing = await listPlaybacks(transaction, input.sessionId);
      const errors = input.ids.flatMap((id, index) => checkId(id, { index, ids: input.ids, existing }));
      if (errors.length > 0) throw new Refusal(...errors);
      if (existing.length === input.ids.length) {
        throw new Refusal({
          code: UserErrorCode.LAST_PLAYBACK,
          message: "A session keeps at least one playback. Add another before you remove this.",
          path: ["input", "ids"],
        });
      }
      await removeProcessesOfPlaybacks(editContext, input.ids);
      await deletePlaybacks(transaction, input.sessionId, input.ids);
    },
  );
}

function checkId(
  id: string,
  { index, ids, existing }: { readonly index: number; readonly ids: readonly string[]; readonly existing: readonly PlaybackRow[] },
): UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (existing.some((playback) => playback.id === id)) return [];
  return [{ code: UserErrorCode.NOT_FOUND, message: "The session has no playback with this id.", path }];
}
