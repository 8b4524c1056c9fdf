const BEGINNING = Date.UTC(2026, 0, 1);
/** Segments last seconds, but for the last of a run and what a new one catches up with: in a quarter of a second there is never more than one. */
const STEP_MILLISECONDS = 250;

/**
 * The number of the first segment of an encoder that starts now: beyond those of all that started earlier, so that no name ever means
 * another segment. Until 2043 it stays below 2^31, which some players keep it in. Pure.
 */
export function firstSegmentNumber(now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - BEGINNING) / STEP_MILLISECONDS));
}
