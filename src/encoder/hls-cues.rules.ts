import { readDate } from "../origin/cues.rules.ts";

/** A cue of an input as its playlist has it. */
export interface InputCue {
  /** The whole line. */
  readonly line: string;
  /** Where it belongs, in seconds from the moment at which it is told. */
  readonly placeSeconds: number;
  /** What its START-DATE means in the same way; null for tags without one. */
  readonly startSeconds: number | null;
}

/** A date range that carries SCTE-35; it belongs to its date, wherever it stands. */
export interface InputRange {
  readonly line: string;
  /** In milliseconds since the epoch. */
  readonly startsAt: number;
}

const CUE_TAG = /^#(EXT-X-CUE-OUT|EXT-X-CUE-IN|EXT-X-CUE\b|EXT-X-SCTE35|EXT-OATCLS-SCTE35|EXT-X-ASSET|EXT-X-SPLICEPOINT-SCTE35)/;
const RANGE_TAG = /^#EXT-X-DATERANGE:.*\bSCTE35-(CMD|OUT|IN)=/;
/** A splice command in hexadecimal is long, a whole playlist is not meant. */
const CUE_LINE_LIMIT = 4_096;

/** The line for our own playlist where it is a cue tag; null for any other. */
export function readCue(line: string): string | null {
  return line.length <= CUE_LINE_LIMIT && CUE_TAG.test(line) ? clean(line) : null;
}

/** The date range that a line is; null for any other. */
export function readRange(line: string): InputRange | null {
  if (line.length > CUE_LINE_LIMIT || !RANGE_TAG.test(line)) return null;
  const startsAt = readDate(/\bSTART-DATE="([^"]*)"/.exec(line)?.[1] ?? "");
  return startsAt === null ? null : { line: clean(line), startsAt };
}

interface CuedPlaylist {
  readonly ranges: readonly InputRange[];
}

interface DatedSegment {
  readonly seconds: number;
  readonly startsAt: number | null;
}

/** The ranges that begin in this segment, or began before it: to be told when the segment is, unless they were told before. */
export function rangesUpTo(playlist: CuedPlaylist, segment: DatedSegment): readonly InputCue[] {
  const { startsAt } = segment;
  if (startsAt === null) return [];
  return playlist.ranges
    .filter((range) => range.startsAt < startsAt + segment.seconds * 1_000)
    .map((range) => {
      const startSeconds = (range.startsAt - startsAt) / 1_000;
      return { line: range.line, startSeconds, placeSeconds: Math.max(0, startSeconds) };
    });
}

/** The line for our own playlist, where this moment is its START-DATE; an END-DATE keeps its distance. */
export function redated(line: string, startsAt: number): string {
  const before = readDate(/\bSTART-DATE="([^"]*)"/.exec(line)?.[1] ?? "");
  if (before === null) return line;
  const moved = (text: string): string => {
    const date = readDate(text);
    return date === null ? text : new Date(date - before + startsAt).toISOString();
  };
  return line.replace(/\b(START-DATE|END-DATE)="([^"]*)"/g, (_, name: string, text: string) => `${name}="${moved(text)}"`);
}

/** Into our playlist goes nothing that could end a line, or cannot be seen. */
function clean(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, "");
}
