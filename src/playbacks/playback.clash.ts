import { filePathKey } from "../network/file-path.rules.ts";
import type { PlaybackDraft } from "../sessions/session.draft.ts";
import { nameKey } from "../shared/name.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { PlaybackRow } from "./playback.store.ts";

/** Refuses a playback whose name or file another playback of the session has. */
export function refuseClash(draft: PlaybackDraft, others: readonly PlaybackRow[], path: readonly string[]): void {
  const namesake = others.find((other) => other.nameKey === nameKey(draft.name));
  if (namesake) {
    throw new Refusal({
      code: UserErrorCode.DUPLICATE_NAME,
      message: "Another playback of the session has this name.",
      path: [...path, "name"],
      conflictingId: namesake.id,
    });
  }
  const sameFile = others.find(
    (other) => other.type === "FILE" && draft.type === "FILE" && filePathKey(other.urls[0] ?? "") === filePathKey(draft.urls[0] ?? ""),
  );
  if (sameFile) {
    throw new Refusal({
      code: UserErrorCode.INVALID_VALUE,
      message: "Another playback of the session writes to this path.",
      path: [...path, "urls", "0"],
      conflictingId: sameFile.id,
    });
  }
}
