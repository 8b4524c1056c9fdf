import type { Sample } from "./mp4.rules.ts";

/** Where a clip that is copied ends. */
export interface ClipEnd {
  /** So many samples belong to it. */
  readonly count: number;
  /** Until when the last of them is shown. */
  readonly shownTo: number;
}

/**
 * The first place at or after a moment at which samples can be cut off: all that are shown before it are decoded before it too. Cut anywhere
 * else, the last pictures would be shown with others between them missing. Samples are in the order of decoding, times in their ticks.
 */
export function findClipEnd(samples: readonly Sample[], wantedTo: number): ClipEnd {
  const firstShownFrom = samples.map(({ shownAt }) => shownAt);
  for (let place = samples.length - 2; place >= 0; place -= 1) {
    firstShownFrom[place] = Math.min(firstShownFrom[place] ?? Infinity, firstShownFrom[place + 1] ?? Infinity);
  }
  let shownTo = -Infinity;
  let shownAt = -Infinity;
  for (const [place, sample] of samples.entries()) {
    shownAt = Math.max(shownAt, sample.shownAt);
    shownTo = Math.max(shownTo, sample.shownTo);
    if (shownTo >= wantedTo && shownAt < (firstShownFrom[place + 1] ?? Infinity)) return { count: place + 1, shownTo };
  }
  return { count: samples.length, shownTo };
}
