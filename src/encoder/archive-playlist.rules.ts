/** One piece of an archive, as its playlist names it. */
export interface ArchivedSegment {
  /** Counted from 1 over the whole archive. */
  readonly number: number;
  readonly durationSeconds: number;
  /** The file with the header that it needs. */
  readonly header: string;
  /** It was made by another encoder process than the one before it, or something was left out in between. */
  readonly isBreak: boolean;
  /** When its first picture was made, as an ISO text; null where that is not known. */
  readonly at: string | null;
}

export interface ArchivePlaylist {
  /** Without gaps in their numbers; the first is not 1 where older ones were dropped. */
  readonly segments: readonly ArchivedSegment[];
  /** How many breaks were dropped with older segments. */
  readonly droppedBreaks: number;
  /** How long all segments were together that were dropped. */
  readonly droppedSeconds: number;
  /** No segment was ever longer than this, in whole seconds. */
  readonly targetSeconds: number;
  /** Older segments may be dropped. */
  readonly isWindow: boolean;
  /** Every segment can be decoded by itself. */
  readonly isIndependent: boolean;
  /** Nothing comes any more. */
  readonly isEnded: boolean;
}

const SEGMENT_PATTERN = /^s(\d{6,})\.m4s$/;

export function segmentName(number: number): string {
  return `s${String(number).padStart(6, "0")}.m4s`;
}

/** The number of a segment's file; null for other names. */
export function segmentNumber(name: string): number | null {
  const match = SEGMENT_PATTERN.exec(name);
  return match ? Number(match[1]) : null;
}

/** The file of the header that was the `number`th of its archive. */
export function headerName(number: number): string {
  return `i${number}.mp4`;
}

export function headerNumber(name: string): number | null {
  const match = /^i(\d+)\.mp4$/.exec(name);
  return match ? Number(match[1]) : null;
}

export function totalSeconds(segments: readonly ArchivedSegment[]): number {
  return segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
}

/** As HLS players read it. */
export function renderPlaylist(playlist: ArchivePlaylist): string {
  const { segments, isEnded } = playlist;
  const lines = segments.map((segment, index) => renderSegment(segment, segments[index - 1] ?? null));
  return `${renderHead(playlist)}${lines.join("")}${isEnded ? ENDING : ""}`;
}

const ENDING = "#EXT-X-ENDLIST\n";

/** A tag of our own, which players skip: cues of clips are counted from what was first, dropped or not. */
const DROPPED_TAG = "#EXT-X-HEADEND-DROPPED-SECONDS";

function renderHead(playlist: ArchivePlaylist): string {
  const { segments, droppedBreaks, droppedSeconds, targetSeconds, isWindow, isIndependent, isEnded } = playlist;
  const type = isWindow ? (isEnded ? "VOD" : null) : "EVENT";
  return [
    ...["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${targetSeconds}`],
    ...(type === null ? [] : [`#EXT-X-PLAYLIST-TYPE:${type}`]),
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? 1}`,
    ...(droppedBreaks === 0 ? [] : [`#EXT-X-DISCONTINUITY-SEQUENCE:${droppedBreaks}`]),
    ...(droppedSeconds === 0 ? [] : [`${DROPPED_TAG}:${droppedSeconds.toFixed(6)}`]),
    ...(isIndependent ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []),
    "",
  ].join("\n");
}

/** The lines of one segment, given the one before it. */
export function renderSegment(segment: ArchivedSegment, before: ArchivedSegment | null): string {
  return [
    ...(segment.isBreak && before !== null ? ["#EXT-X-DISCONTINUITY"] : []),
    ...(segment.header === before?.header ? [] : [`#EXT-X-MAP:URI="${segment.header}"`]),
    ...(segment.at === null ? [] : [`#EXT-X-PROGRAM-DATE-TIME:${segment.at}`]),
    `#EXTINF:${segment.durationSeconds.toFixed(6)},`,
    segmentName(segment.number),
    "",
  ].join("\n");
}

/** Reads what `renderPlaylist` wrote. */
export function parsePlaylist(text: string): ArchivePlaylist {
  const segments: ArchivedSegment[] = [];
  const found = { droppedBreaks: 0, droppedSeconds: 0, targetSeconds: 0, isWindow: true, isIndependent: false, isEnded: false };
  let next = { durationSeconds: 0, header: "", isBreak: false, at: null as string | null };
  for (const line of text.split("\n")) {
    const [tag = "", value = ""] = splitOnce(line, ":");
    const number = segmentNumber(line);
    if (number !== null) {
      segments.push({ ...next, number });
      next = { ...next, isBreak: false, at: null };
    } else if (tag === "#EXTINF") next.durationSeconds = Number.parseFloat(value);
    else if (tag === "#EXT-X-MAP") next.header = /URI="([^"]*)"/.exec(value)?.[1] ?? "";
    else if (tag === "#EXT-X-DISCONTINUITY") next.isBreak = true;
    else if (tag === "#EXT-X-PROGRAM-DATE-TIME") next.at = value;
    else if (tag === "#EXT-X-TARGETDURATION") found.targetSeconds = Number(value);
    else if (tag === "#EXT-X-DISCONTINUITY-SEQUENCE") found.droppedBreaks = Number(value);
    else if (tag === DROPPED_TAG) found.droppedSeconds = Number(value);
    else if (tag === "#EXT-X-PLAYLIST-TYPE") found.isWindow = value !== "EVENT";
    else if (tag === "#EXT-X-INDEPENDENT-SEGMENTS") found.isIndependent = true;
    else if (tag === "#EXT-X-ENDLIST") found.isEnded = true;
  }
  return { segments, ...found };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const place = text.indexOf(separator);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}

/** The playlist with another segment at its end. */
export function withSegment(playlist: ArchivePlaylist, segment: ArchivedSegment): ArchivePlaylist {
  const targetSeconds = Math.max(playlist.targetSeconds, Math.round(segment.durationSeconds));
  return { ...playlist, targetSeconds, segments: [...playlist.segments, segment] };
}

/** The newest segments that are no longer than this together, and the numbers of those that are dropped; the newest one always stays. */
export function dropOld(
  playlist: ArchivePlaylist,
  mostSeconds: number,
): { readonly playlist: ArchivePlaylist; readonly dropped: readonly ArchivedSegment[] } {
  let seconds = totalSeconds(playlist.segments);
  let count = 0;
  while (seconds > mostSeconds && count < playlist.segments.length - 1) {
    seconds -= playlist.segments[count]?.durationSeconds ?? 0;
    count += 1;
  }
  const dropped = playlist.segments.slice(0, count);
  // A break in front of what is first now is not seen any more, and counts as dropped.
  const breaks = playlist.segments.slice(count === 0 ? 0 : 1, count + 1).filter(({ isBreak }) => isBreak).length;
  return {
    dropped,
    playlist: {
      ...playlist,
      segments: playlist.segments.slice(count),
      droppedBreaks: playlist.droppedBreaks + (count === 0 ? 0 : breaks),
      droppedSeconds: playlist.droppedSeconds + totalSeconds(dropped),
    },
  };
}
