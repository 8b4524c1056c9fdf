import { totalSeconds, type ArchivedSegment, type ArchivePlaylist } from "./archive-playlist.rules.ts";

/** A segment and where it begins, in seconds from what was first in its replay, dropped or not. */
export interface PlacedSegment {
  readonly segment: ArchivedSegment;
  readonly beginSeconds: number;
}

/** What playlists round off. */
export const PLAYLIST_ROUNDING_SECONDS = 0.001;
/** Of what passes through, pictures may stand so much behind the key frame that they are shown before. */
const REORDERED_SECONDS = 0.5;
/** What a clip may lack at its end before it counts as not there. */
const END_TOLERANCE_SECONDS = 0.05;

export function placeSegments({ segments, droppedSeconds }: ArchivePlaylist): readonly PlacedSegment[] {
  let beginSeconds = droppedSeconds;
  return segments.map((segment) => {
    const placed = { segment, beginSeconds };
    beginSeconds += segment.durationSeconds;
    return placed;
  });
}

/** The segment that is shown at this moment; of a moment between two the later one. */
export function segmentAt(playlist: ArchivePlaylist, seconds: number): PlacedSegment | null {
  return placeSegments(playlist).findLast(({ beginSeconds }) => beginSeconds <= seconds + PLAYLIST_ROUNDING_SECONDS) ?? null;
}

/** The segment that ends with this moment, or holds what comes before it. */
export function segmentBefore(playlist: ArchivePlaylist, seconds: number): PlacedSegment | null {
  return placeSegments(playlist).findLast(({ beginSeconds }) => beginSeconds < seconds - PLAYLIST_ROUNDING_SECONDS) ?? null;
}

interface Span {
  readonly cueInSeconds: number;
  readonly cueOutSeconds: number;
}

/** How a clip stands: all of it is there, some of it may still come, or it never will, with the reason as a sentence. */
export type PartsState =
  | { readonly state: "WHOLE" }
  | { readonly state: "WAITING"; readonly reason: string }
  | { readonly state: "IMPOSSIBLE"; readonly reason: string };

/**
 * The parts of a clip that are there: what was kept of its replay before, and what that has by now; of one whose segments lean on one another
 * also what holds the last pictures of the clip.
 */
export function addParts(kept: ArchivePlaylist | null, replay: ArchivePlaylist, span: Span): ArchivePlaylist {
  const { cueInSeconds, cueOutSeconds } = span;
  const placed = placeSegments(replay).filter(
    ({ segment, beginSeconds }) =>
      beginSeconds + segment.durationSeconds > cueInSeconds + PLAYLIST_ROUNDING_SECONDS &&
      beginSeconds < (segment.isBreak ? cueOutSeconds : reachOf(replay, span)) - PLAYLIST_ROUNDING_SECONDS,
  );
  const [first] = placed;
  if (!kept || kept.segments.length === 0) {
    const droppedSeconds = first?.beginSeconds ?? cueInSeconds;
    return { ...replay, segments: placed.map(({ segment }) => segment), droppedSeconds, isWindow: false };
  }
  const segments = [...kept.segments];
  for (const { segment } of placed) if (segment.number === (segments.at(-1)?.number ?? 0) + 1) segments.push(segment);
  return { ...kept, segments, targetSeconds: Math.max(kept.targetSeconds, replay.targetSeconds) };
}

/** Up to where its replay has to be there for all pictures of a clip to be. */
function reachOf({ isIndependent }: ArchivePlaylist, { cueOutSeconds }: Span): number {
  return isIndependent ? cueOutSeconds : cueOutSeconds + REORDERED_SECONDS;
}

function endOf({ droppedSeconds, segments }: ArchivePlaylist): number {
  return droppedSeconds + totalSeconds(segments);
}

/** Whether these parts make the clip, whatever else its replay may have. */
export function isWhole(parts: ArchivePlaylist, span: Span): boolean {
  return judgeParts(parts, null, span).state === "WHOLE" && endOf(parts) >= reachOf(parts, span) - END_TOLERANCE_SECONDS;
}

/** Whether these parts make the clip, given the replay that they are of. */
export function judgeParts(parts: ArchivePlaylist, replay: ArchivePlaylist | null, span: Span): PartsState {
  const { cueInSeconds, cueOutSeconds } = span;
  const impossible = (reason: string): PartsState => ({ state: "IMPOSSIBLE", reason });
  if (parts.segments.length > 0 && parts.droppedSeconds > cueInSeconds + END_TOLERANCE_SECONDS) {
    return impossible(`The replay did not keep what was before second ${parts.droppedSeconds.toFixed(1)} any more.`);
  }
  const change = placeSegments(parts).find(({ segment }) => segment.header !== parts.segments[0]?.header);
  if (change) {
    const at = change.beginSeconds.toFixed(1);
    return impossible(`From second ${at} on the replay has another kind of picture or sound. Ask for a clip on one side of it.`);
  }
  const isEnough = endOf(parts) >= cueOutSeconds - END_TOLERANCE_SECONDS;
  const isAllThatComes = replay === null || replay.isEnded || endOf(replay) >= reachOf(replay, span) - END_TOLERANCE_SECONDS;
  if (isEnough && isAllThatComes) return { state: "WHOLE" };
  if (replay === null) return impossible("The files of the replay are gone.");
  const reason = `The replay ends at second ${endOf(replay).toFixed(1)}.`;
  return replay.isEnded ? impossible(reason) : { state: "WAITING", reason };
}
