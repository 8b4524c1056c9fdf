import { execFileSync } from "node:child_process";
import { codedPicture } from "./frame-codes.ts";

/*
 * CEA-608 captions for tests, as senders carry them in H.264: ATSC A/53 `cc_data` in SEI messages, one pair of bytes a frame.
 */

/** A caption that is put together unseen, shown at a moment and erased at another, in seconds of the stream. */
export interface PopOnCaption {
  readonly text: string;
  readonly shownAt: number;
  readonly erasedAt: number;
}

const FRAMES_PER_SECOND = 25;
const RESUME_CAPTION_LOADING = [0x14, 0x20] as const;
const ERASE_HIDDEN_MEMORY = [0x14, 0x2e] as const;
const LAST_ROW = [0x14, 0x70] as const;
const END_OF_CAPTION = [0x14, 0x2f] as const;
const ERASE_SHOWN_MEMORY = [0x14, 0x2c] as const;
const NOTHING = [0, 0] as const;

type Pair = readonly [number, number];

/** Writes an MPEG-TS file of so many seconds, whose every frame bears its number, with sound and captions. */
export function makeCaptionedFilm(
  path: string,
  { seconds, captions }: { readonly seconds: number; readonly captions: readonly PopOnCaption[] },
): void {
  const [before, length] = [
    ["-v", "error", "-nostdin", "-y"],
    ["-t", String(seconds)],
  ];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25", "-pix_fmt", "yuv420p", "-x264-params", "slices=1"];
  const options = { maxBuffer: 500_000_000 };
  const picture = execFileSync(
    "ffmpeg",
    [...before, "-f", "lavfi", "-i", codedPicture({ size: "320x180" }), ...length, ...codec, "-f", "h264", "pipe:1"],
    options,
  );
  const inputs = ["-r", String(FRAMES_PER_SECOND), "-f", "h264", "-i", "pipe:0", "-f", "lavfi", "-i", "sine=sample_rate=48000"];
  execFileSync(
    "ffmpeg",
    [...before.filter((word) => word !== "-nostdin"), ...inputs, ...length, "-c:v", "copy", "-c:a", "aac", "-f", "mpegts", path],
    {
      ...options,
      input: withCaptions(picture, captions),
    },
  );
}

/** What one caption says, and no other. */
export function wordsOf(number: number): string {
  return `This is caption number ${number}.`;
}

/** A subtitle as players show it, in seconds. */
export interface Subtitle {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Throws for what is no SRT file. */
export function readSrt(file: string): readonly Subtitle[] {
  return file
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const [number = "", times = "", ...lines] = block.split("\n");
      const found = /^(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})$/.exec(times);
      if (!/^\d+$/.test(number) || !found) throw new Error(`No subtitle: ${block}`);
      const secondsAt = (first: number): number =>
        Number(found[first]) * 3_600 + Number(found[first + 1]) * 60 + Number(found[first + 2]) + Number(found[first + 3]) / 1_000;
      return { text: lines.join(" ").trim(), from: secondsAt(1), to: secondsAt(5) };
    });
}

/** Puts captions into an H.264 elementary stream of 25 frames per second without B-frames, of one slice a frame. */
export function withCaptions(annexB: Buffer, captions: readonly PopOnCaption[]): Buffer {
  const pairs = pairsByFrame(captions);
  let frame = 0;
  return Buffer.concat(
    unitsOf(annexB).flatMap((unit) => {
      const type = (unit[0] ?? 0) & 0x1f;
      if (type !== 1 && type !== 5) return [START_CODE, unit];
      const message = captionMessage(pairs.get(frame) ?? NOTHING);
      frame += 1;
      return [START_CODE, message, START_CODE, unit];
    }),
  );
}

const START_CODE = Buffer.from([0, 0, 0, 1]);

/** Control codes are sent twice; a caption is loaded in the frames before it is shown. */
function pairsByFrame(captions: readonly PopOnCaption[]): ReadonlyMap<number, Pair> {
  const pairs = new Map<number, Pair>();
  const put = (first: number, list: readonly Pair[]): void => list.forEach((pair, index) => void pairs.set(first + index, pair));
  for (const { text, shownAt, erasedAt } of captions) {
    const letters = [...Buffer.from(text.length % 2 === 0 ? text : `${text} `, "ascii")];
    const letterPairs = letters.flatMap((letter, index): Pair[] => (index % 2 === 0 ? [[letter, letters[index + 1] ?? 0]] : []));
    const loading = [...twice(RESUME_CAPTION_LOADING), ...twice(ERASE_HIDDEN_MEMORY), ...twice(LAST_ROW), ...letterPairs];
    const shown = Math.round(shownAt * FRAMES_PER_SECOND);
    put(shown - loading.length, loading);
    put(shown, twice(END_OF_CAPTION));
    put(Math.round(erasedAt * FRAMES_PER_SECOND), twice(ERASE_SHOWN_MEMORY));
  }
  return pairs;
}

function twice(pair: Pair): readonly Pair[] {
  return [pair, pair];
}

/** A SEI unit with the registered user data of A/53 that carries one pair of field 1. */
function captionMessage(pair: Pair): Buffer {
  const data = [0xb5, 0x00, 0x31, ...Buffer.from("GA94", "ascii"), 0x03, 0x41, 0xff, 0xfc, ...pair.map(withOddParity), 0xff];
  return Buffer.from([0x06, ...escapeStartCodes([0x04, data.length, ...data, 0x80])]);
}

function withOddParity(byte: number): number {
  const ones = [...byte.toString(2)].filter((bit) => bit === "1").length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

function escapeStartCodes(bytes: readonly number[]): readonly number[] {
  let zeros = 0;
  return bytes.flatMap((byte) => {
    const isEscaped = zeros >= 2 && byte <= 3;
    zeros = byte === 0 ? (isEscaped ? 1 : zeros + 1) : 0;
    return isEscaped ? [3, byte] : [byte];
  });
}

function unitsOf(annexB: Buffer): readonly Buffer[] {
  const units: Buffer[] = [];
  const code = Buffer.from([0, 0, 1]);
  let at = annexB.indexOf(code);
  while (at >= 0) {
    const next = annexB.indexOf(code, at + 3);
    const end = next < 0 ? annexB.length : annexB[next - 1] === 0 ? next - 1 : next;
    units.push(annexB.subarray(at + 3, end));
    at = next;
  }
  return units;
}
