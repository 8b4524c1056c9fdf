import { webAddress } from "../network/web-address.ts";
import { readDate } from "../origin/cues.rules.ts";
import { readCue, readRange, type InputRange } from "./hls-cues.rules.ts";
import { readAttributes } from "./hls-playlist.rules.ts";
import { NamedParts, segmentPath, type MediaName } from "./input-paths.ts";

export interface InputSegment {
  readonly number: number;
  /** Absolute, of HTTP or HTTPS. */
  readonly url: string;
  readonly seconds: number;
  /** When it begins by the playlist's dates, in milliseconds since the epoch; null without any. */
  readonly startsAt: number | null;
  /** Cue tags in front of it. */
  readonly cues: readonly string[];
}

export interface InputPlaylist {
  readonly segments: readonly InputSegment[];
  readonly ranges: readonly InputRange[];
  /** What its own text names beside segments. */
  readonly parts: NamedParts;
  /** Nothing of the input's text stands in it but numbers: every line is written by us, every address is a path of ours. */
  readonly own: string;
}

/** Of what is live, so many of the newest segments are named: a reader begins near the end, whatever one can go back to. */
const LIVE_SEGMENTS = 60;
const SEGMENT_LIMIT = 5_000;
const CUES_OF_SEGMENT = 20;
const RANGE_LIMIT = 100;
const SECONDS_LIMIT = 3_600;
const DATE_TAG = "#EXT-X-PROGRAM-DATE-TIME:";
const BYTE_RANGE = /^(\d{1,15})(?:@(\d{1,15}))?$/;
/** The extension that a reader may see; what is not among these is best told by its bytes. */
const KNOWN_EXTENSION = /\.(ts|m4s|mp4|m4a|m4v|cmfv|cmfa|aac|mp3|ac3|ec3|eac3)$/i;

/** A segment as it stands in the text, its addresses not looked at yet. */
interface RawSegment extends Omit<InputSegment, "url"> {
  readonly uri: string;
  /** Attributes of the tags that hold for it. */
  readonly key: Attributes | null;
  readonly map: Attributes | null;
  readonly bytes: string | null;
  readonly isApart: boolean;
}

type Attributes = Readonly<Record<string, string>>;

/**
 * Reads a media playlist of an input, by its lines, that was found at this URL, and writes it anew under a name of ours.
 * Null when something in it is not at an address of HTTP or HTTPS. Takes time in proportion to the lines.
 */
export function readInputPlaylist(lines: readonly string[], url: string, name: MediaName): InputPlaylist | null {
  const isOver = lines.some((line) => line.startsWith("#EXT-X-ENDLIST"));
  const reader = new SegmentReader(isOver ? "FIRST" : "LAST");
  for (const line of lines) reader.read(line.trim());
  const kept = isOver ? reader.segments : reader.segments.slice(-LIVE_SEGMENTS);
  const writer = new PlaylistWriter(url, name);
  const segments = kept.map((segment) => writer.write(segment));
  if (writer.hasForeign) return null;
  const target = Math.max(1, Math.ceil(reader.targetSeconds), ...[...new Set(kept.map(({ seconds }) => Math.ceil(seconds)))]);
  const head = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-MEDIA-SEQUENCE:${kept[0]?.number ?? reader.next}`,
  ];
  return {
    segments,
    ranges: reader.ranges.slice(-RANGE_LIMIT),
    parts: writer.parts,
    own: [...head, ...writer.lines, ...(isOver ? ["#EXT-X-ENDLIST"] : []), ""].join("\n"),
  };
}

/** Reads line by line; tags hold for what follows. */
class SegmentReader {
  readonly segments: RawSegment[] = [];
  readonly ranges: InputRange[] = [];
  targetSeconds = 0;
  next = 0;
  readonly #end: "FIRST" | "LAST";
  #key: Attributes | null = null;
  #map: Attributes | null = null;
  #seconds = 0;
  #startsAt: number | null = null;
  #cues: string[] = [];
  #bytes: string | null = null;
  #bytesEnd = 0;
  #isApart = false;

  constructor(end: "FIRST" | "LAST") {
    this.#end = end;
  }

  read(line: string): void {
    if (line === "") return;
    if (!line.startsWith("#")) return this.#place(line);
    const colon = line.indexOf(":");
    const [tag, value] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1)];
    if (tag === "#EXTINF") this.#seconds = secondsOf(value);
    else if (tag === "#EXT-X-MEDIA-SEQUENCE") this.next = this.segments.length > 0 ? this.next : countOf(value);
    else if (tag === "#EXT-X-TARGETDURATION") this.targetSeconds = secondsOf(value);
    else if (tag === "#EXT-X-KEY") this.#readKey(line);
    else if (tag === "#EXT-X-MAP") this.#map = readAttributes(line);
    else if (tag === "#EXT-X-BYTERANGE") this.#readBytes(value);
    else if (tag === "#EXT-X-DISCONTINUITY") this.#isApart = true;
    else if (line.startsWith(DATE_TAG)) this.#startsAt = readDate(value) ?? this.#startsAt;
    else this.#readCue(line);
  }

  /** Keys in a format of their own are for players of their own: whoever does not know it passes them over. */
  #readKey(line: string): void {
    const key = readAttributes(line);
    if ((key["KEYFORMAT"] ?? "identity") === "identity") this.#key = key;
  }

  /** Without an offset it goes on where the one before ended. */
  #readBytes(value: string): void {
    const [, length, offset] = BYTE_RANGE.exec(value.trim()) ?? [];
    if (length === undefined) return;
    const begin = offset === undefined ? this.#bytesEnd : Number(offset);
    this.#bytesEnd = begin + Number(length);
    this.#bytes = `${length}@${begin}`;
  }

  #readCue(line: string): void {
    const cue = this.#cues.length < CUES_OF_SEGMENT ? readCue(line) : null;
    if (cue !== null) return void this.#cues.push(cue);
    const range = readRange(line);
    if (range !== null) this.ranges.push(range);
  }

  #place(uri: string): void {
    const [number, seconds, startsAt, cues] = [this.next, this.#seconds, this.#startsAt, this.#cues];
    const [key, map, bytes, isApart] = [this.#key, this.#map, this.#bytes, this.#isApart];
    this.#keep({ number, uri, seconds, startsAt, cues, key, map, bytes, isApart });
    this.next += 1;
    this.#startsAt = startsAt === null ? null : startsAt + Math.round(seconds * 1_000);
    if (bytes === null) this.#bytesEnd = 0;
    this.#bytes = null;
    this.#cues = [];
    this.#isApart = false;
  }

  #keep(segment: RawSegment): void {
    if (this.#end === "LAST" && this.segments.length >= 2 * LIVE_SEGMENTS) this.segments.splice(0, LIVE_SEGMENTS);
    if (this.#end === "LAST" || this.segments.length < SEGMENT_LIMIT) this.segments.push(segment);
  }
}

/** Writes a playlist of ours, segment by segment. */
class PlaylistWriter {
  readonly lines: string[] = [];
  readonly parts = new NamedParts();
  hasForeign = false;
  readonly #url: string;
  readonly #name: MediaName;
  #keyLine = "";
  #mapLine = "";

  constructor(url: string, name: MediaName) {
    this.#url = url;
    this.#name = name;
  }

  write({ uri, key, map, bytes, isApart, ...segment }: RawSegment): InputSegment {
    const address = this.#address(uri);
    const [keyLine, mapLine] = [this.#renderKey(key), this.#renderMap(map)];
    if (isApart) this.lines.push("#EXT-X-DISCONTINUITY");
    if (keyLine !== this.#keyLine) this.lines.push(keyLine);
    // A header is decrypted by the key in front of it.
    if (mapLine !== "" && (mapLine !== this.#mapLine || keyLine !== this.#keyLine)) this.lines.push(mapLine);
    [this.#keyLine, this.#mapLine] = [keyLine, mapLine];
    const extension = KNOWN_EXTENSION.exec(uri.split(/[?#]/, 1)[0] ?? "")?.[1]?.toLowerCase() ?? "ts";
    if (bytes !== null) this.lines.push(`#EXT-X-BYTERANGE:${bytes}`);
    this.lines.push(`#EXTINF:${segment.seconds.toFixed(6)},`, segmentPath(this.#name, segment.number, extension));
    return { ...segment, url: address };
  }

  #renderKey(key: Attributes | null): string {
    const method = key?.["METHOD"];
    if (!key || (method !== "AES-128" && method !== "SAMPLE-AES")) return this.#keyLine === "" ? "" : "#EXT-X-KEY:METHOD=NONE";
    const vector = /^0x[0-9a-f]{1,32}$/i.exec(key["IV"] ?? "")?.[0];
    const iv = vector === undefined ? "" : `,IV=${vector}`;
    return `#EXT-X-KEY:METHOD=${method},URI="${this.#part(key["URI"])}"${iv}`;
  }

  #renderMap(map: Attributes | null): string {
    if (!map) return "";
    const bytes = BYTE_RANGE.exec(map["BYTERANGE"] ?? "");
    const range = bytes ? `,BYTERANGE="${bytes[1]}@${bytes[2] ?? 0}"` : "";
    return `#EXT-X-MAP:URI="${this.#part(map["URI"])}"${range}`;
  }

  #part(uri: string | undefined): string {
    return this.parts.add(this.#address(uri ?? "file:"));
  }

  #address(uri: string): string {
    const address = webAddress(uri, this.#url);
    if (address === null) this.hasForeign = true;
    return address ?? "";
  }
}

function secondsOf(text: string): number {
  const value = Number.parseFloat(text);
  return value > 0 ? Math.min(value, SECONDS_LIMIT) : 0;
}

function countOf(text: string): number {
  return Number(/^ *(\d{1,15})/.exec(text)?.[1] ?? 0);
}
