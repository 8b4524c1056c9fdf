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

export interface InputSegment {
  readonly number: number;
  /** Absolute. */
  readonly url: string;
  readonly seconds: number;
  /** When it begins by the playlist's dates, in milliseconds since the epoch; null without any. */
  readonly startsAt: number | null;
  /** Cue tags in front of it. */
  readonly cues: readonly string[];
}

export interface InputPlaylist {
  readonly segments: readonly InputSegment[];
  /** Date ranges that carry SCTE-35; they belong to their dates, wherever they stand. */
  readonly ranges: readonly { readonly line: string; readonly startsAt: number }[];
  /** The playlist with addresses of our own in place of its segments, and absolute ones of everything else. */
  readonly own: string;
}

const CUE_TAG = /^#(EXT-X-CUE-OUT|EXT-X-CUE-IN|EXT-X-CUE\b|EXT-X-SCTE35|EXT-OATCLS-SCTE35|EXT-X-ASSET|EXT-X-SPLICEPOINT-SCTE35)/;
const RANGE_TAG = /^#EXT-X-DATERANGE:.*\bSCTE35-(CMD|OUT|IN)=/;
const DATE_TAG = "#EXT-X-PROGRAM-DATE-TIME:";
const URI_TAG = /^#EXT-X-(KEY|MAP):/;
/** A splice command in hexadecimal is long, a whole playlist is not meant. */
const CUE_LINE_LIMIT = 4_096;

/** Reads a media playlist of an input that was found at this URL. `ownUrl` is where we serve a segment, by its number and extension. */
export function readInputPlaylist(text: string, url: string, ownUrl: (number: number, extension: string) => string): InputPlaylist {
  const segments: InputSegment[] = [];
  const ranges: { line: string; startsAt: number }[] = [];
  const own: string[] = [];
  let number = Number(/^#EXT-X-MEDIA-SEQUENCE: *(\d{1,15})/m.exec(text)?.[1] ?? 0);
  let cues: string[] = [];
  let seconds = 0;
  let startsAt: number | null = null;
  for (const line of text.split(/\r\n|\n|\r/).map((one) => one.trim())) {
    if (line !== "" && !line.startsWith("#")) {
      if (!URL.canParse(line, url)) continue;
      const address = new URL(line, url);
      segments.push({ number, url: address.href, seconds, startsAt, cues });
      own.push(ownUrl(number, /\.([a-z0-9]{1,5})$/i.exec(address.pathname)?.[1] ?? "ts"));
      number += 1;
      startsAt = startsAt === null ? null : startsAt + Math.round(seconds * 1_000);
      cues = [];
      continue;
    }
    own.push(URI_TAG.test(line) ? withAbsoluteUri(line, url) : line);
    if (line.startsWith("#EXTINF:")) seconds = Number.parseFloat(line.slice(8)) || 0;
    else if (line.startsWith(DATE_TAG)) startsAt = readDate(line.slice(DATE_TAG.length)) ?? startsAt;
    else if (line.length > CUE_LINE_LIMIT) continue;
    else if (CUE_TAG.test(line)) cues.push(clean(line));
    else if (RANGE_TAG.test(line)) {
      const start = readDate(/\bSTART-DATE="([^"]*)"/.exec(line)?.[1] ?? "");
      if (start !== null) ranges.push({ line: clean(line), startsAt: start });
    }
  }
  return { segments, ranges, own: own.join("\n") };
}

/** The ranges that begin in this segment, or began before it: to be told when the segment is, unless they were told before. */
export function rangesUpTo(playlist: InputPlaylist, segment: InputSegment): readonly InputCue[] {
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

function withAbsoluteUri(line: string, url: string): string {
  return line.replace(/\bURI="([^"]*)"/, (whole, uri: string) => (URL.canParse(uri, url) ? `URI="${new URL(uri, url).href}"` : whole));
}

/** Into our playlist goes nothing that could end a line, or cannot be seen. */
function clean(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, "");
}
