/** A tag of a playlist, and the moment that it belongs to by the playlist's own dates, in milliseconds since the epoch. */
export interface PlacedCue {
  readonly at: number;
  /** The whole line. */
  readonly line: string;
}

interface Boundary {
  /** The line in front of which tags of this segment stand. */
  readonly index: number;
  readonly startsAt: number;
  readonly milliseconds: number;
}

const DATE = "#EXT-X-PROGRAM-DATE-TIME:";
const DURATION = "#EXTINF:";
/** Of a segment that is not in the playlist any more, as long as ours are. */
const SEGMENT_MILLISECONDS = 2_000;

/**
 * A media playlist of ours with these cues in it, each in front of the segment that begins nearest to its moment; what belongs to a
 * boundary that is not there any more, or not yet, is left out. Our segments are 2 s long, so that a tag stands at most a second off.
 */
export function withCues(playlist: string, cues: readonly PlacedCue[]): string {
  const lines = playlist.split("\n");
  const boundaries = readBoundaries(lines);
  const inserted = new Map<number, string[]>();
  for (const cue of cues.toSorted((one, other) => one.at - other.at)) {
    const index = placeOf(cue.at, boundaries);
    if (index !== null) inserted.set(index, [...(inserted.get(index) ?? []), cue.line]);
  }
  return inserted.size === 0 ? playlist : lines.flatMap((line, index) => [...(inserted.get(index) ?? []), line]).join("\n");
}

function placeOf(at: number, boundaries: readonly Boundary[]): number | null {
  const first = boundaries[0];
  if (!first) return null;
  if (at < first.startsAt) return first.startsAt - at <= SEGMENT_MILLISECONDS / 2 ? first.index : null;
  const found = boundaries.findLastIndex(({ startsAt }) => startsAt <= at);
  const segment = boundaries[found];
  if (!segment) return null;
  const isNearerToEnd = at - segment.startsAt > segment.milliseconds / 2;
  return isNearerToEnd ? (boundaries[found + 1]?.index ?? null) : segment.index;
}

/** Where each segment begins; those without a date begin where the one before ends. */
function readBoundaries(lines: readonly string[]): readonly Boundary[] {
  const boundaries: Boundary[] = [];
  let date: number | null = null;
  let tags: number | null = null;
  let milliseconds = 0;
  lines.forEach((line, index) => {
    if (line.startsWith(DURATION)) {
      tags ??= index;
      milliseconds = Math.round(Number.parseFloat(line.slice(DURATION.length)) * 1_000) || 0;
    } else if (line.startsWith(DATE)) {
      tags ??= index;
      date = readDate(line.slice(DATE.length)) ?? date;
    } else if (line !== "" && !line.startsWith("#")) {
      if (date !== null && tags !== null) boundaries.push({ index: tags, startsAt: date, milliseconds });
      date = date === null ? null : date + milliseconds;
      tags = null;
    }
  });
  return boundaries;
}

/** Of a date in a playlist, which ffmpeg writes with an offset without a colon; null for what is none. */
export function readDate(text: string): number | null {
  const date = Date.parse(text.trim().replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(date) ? null : date;
}

/** The segment numbers of a playlist with the dates that they begin at. */
export function segmentDates(playlist: string): readonly { readonly number: number; readonly startsAt: number }[] {
  const lines = playlist.split("\n");
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(playlist)?.[1] ?? 0);
  return readBoundaries(lines).map(({ startsAt }, index) => ({ number: first + index, startsAt }));
}
