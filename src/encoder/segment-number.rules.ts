const BEGINNING = Date.UTC(2026, 0, 1);
/** Segments last seconds, but for the last of an encoder, and few come at once when the next one catches up: four in a second are more than are made. */
const STEP_MILLISECONDS = 250;

/**
 * The number of the first segment of playlists that begin now: beyond those of all that began earlier, so that no name means another
 * segment to whoever keeps what it fetched. Until 2043 it stays below 2^31, which some players keep it in. Pure.
 */
export function firstSegmentNumber(now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - BEGINNING) / STEP_MILLISECONDS));
}
