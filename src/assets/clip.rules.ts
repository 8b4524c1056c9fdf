import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { AssetKind, AssetStatus } from "./asset.rules.ts";

/** Shortest and longest clip, in seconds. */
export const CLIP_SECONDS = { least: 5, most: 1_800 } as const;
/** Clips of one organization that wait for one encoder, the one that is made among them. */
export const WAITING_CLIPS_LIMIT = 20;

/** What is looked at of the asset that a clip is to be cut out of. */
export interface ClipSource {
  readonly kind: AssetKind;
  readonly status: AssetStatus;
  /** The encoder that keeps it can be asked for it now; of one in the object store, any encoder. */
  readonly isReachable: boolean;
  /** The disk of whoever would make it is nearly full. */
  readonly isStorageLow: boolean;
  readonly durationSeconds: number | null;
  readonly droppedSeconds: number;
  readonly createdAt: Date;
}

export interface Cues {
  readonly cueInSeconds: number;
  readonly cueOutSeconds: number;
}

/** So much of a replay may be there beyond the time since it was begun: some inputs begin with a burst. */
const BURST_SECONDS = 10;
/** Durations are told to a few digits. */
const ROUNDING_SECONDS = 0.05;

/**
 * Why no clip can be made of this, or null. How long a running replay is by now only its encoder knows; the clock says how long it can be
 * at most, and a clip of what then is not there fails.
 */
export function refuseClip(source: ClipSource, { cueInSeconds, cueOutSeconds }: Cues, now: Date): UserError | null {
  const refusal = (code: UserErrorCode, message: string, field = "assetId"): UserError => ({ code, message, path: ["input", field] });
  const { kind, status, isReachable, isStorageLow, droppedSeconds } = source;
  if (kind !== "REPLAY") return refusal(UserErrorCode.NOT_APPLICABLE, `Clips are cut out of a REPLAY, and this is a ${kind}.`);
  if (status === "FAILED") return refusal(UserErrorCode.INVALID_STATE, "The replay is FAILED, and there is nothing to cut out of it.");
  if (!isReachable) return refusal(UserErrorCode.INVALID_STATE, "The encoder that keeps the replay is away. Try again when it is back.");
  if (isStorageLow) {
    const message = "The encoder's disk is nearly full. Delete assets that are no longer needed, or try again when there is room.";
    return refusal(UserErrorCode.INVALID_STATE, message);
  }
  if (cueInSeconds < droppedSeconds - ROUNDING_SECONDS) {
    const message = `The replay does not keep what was before second ${droppedSeconds.toFixed(1)} any more.`;
    return refusal(UserErrorCode.INVALID_VALUE, message, "cueInSeconds");
  }
  const end = endOf(source, now);
  if (cueOutSeconds <= end + ROUNDING_SECONDS) return null;
  return refusal(UserErrorCode.INVALID_VALUE, `The replay ends at second ${end.toFixed(1)}.`, "cueOutSeconds");
}

function endOf({ status, durationSeconds, droppedSeconds, createdAt }: ClipSource, now: Date): number {
  const told = droppedSeconds + (durationSeconds ?? 0);
  return status === "READY" ? told : Math.max(told, (now.getTime() - createdAt.getTime()) / 1_000) + BURST_SECONDS;
}
