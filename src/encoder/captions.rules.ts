/** Closed captions of CEA-608 that came with one picture. */
export interface PictureCaptions {
  /** When the picture is shown. */
  readonly seconds: number;
  /** Pairs of bytes of field 1 as they came, with their parity bits, in hexadecimal: `942c`. */
  readonly pairs: readonly string[];
}

/** The kinds of units that hold captions in streams that may, by ffmpeg's names. */
export const CAPTION_UNITS: Readonly<Record<string, number>> = { h264: 6, hevc: 39 };

/** Registered user data of ITU-T T.35 for the USA, by ATSC, in the form of A/53 `cc_data`. */
const CAPTION_DATA = Buffer.from([0xb5, 0x00, 0x31, ...Buffer.from("GA94", "ascii"), 0x03]);
const COUNT_MASK = 0x1f;
const TRIPLET_BYTES = 3;
const VALID_FIELD_1 = 0x04;
const VALIDITY_AND_TYPE = 0x07;
/** What is left of a byte without its parity bit. */
const CODE_MASK = 0x7f;

/** The pairs of field 1 in the supplemental messages of a picture, without those that say nothing. */
export function readCaptionPairs(messages: Buffer): readonly string[] {
  const bytes = withoutEscapes(messages);
  const pairs: string[] = [];
  let end = 0;
  // Each byte is read once: what looks like a message within another is a part of that one.
  for (let at = bytes.indexOf(CAPTION_DATA); at >= 0; at = bytes.indexOf(CAPTION_DATA, Math.max(at + 1, end))) {
    const count = (bytes[at + CAPTION_DATA.length] ?? 0) & COUNT_MASK;
    const first = at + CAPTION_DATA.length + 2;
    end = Math.min(bytes.length, first + count * TRIPLET_BYTES);
    for (let triplet = first; triplet + TRIPLET_BYTES <= end; triplet += TRIPLET_BYTES) {
      const [head = 0, one = 0, other = 0] = bytes.subarray(triplet);
      const isOfField1 = (head & VALIDITY_AND_TYPE) === VALID_FIELD_1;
      if (isOfField1 && ((one | other) & CODE_MASK) !== 0) pairs.push(((one << 8) | other).toString(16).padStart(4, "0"));
    }
  }
  return pairs;
}

/** A byte 3 stands behind every two zeros, so that nothing looks like the beginning of a unit. */
function withoutEscapes(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(ESCAPE); at >= 0; at = bytes.indexOf(ESCAPE, from)) {
    parts.push(bytes.subarray(from, at + 2));
    from = at + ESCAPE.length;
  }
  return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

const ESCAPE = Buffer.from([0, 0, 3]);

/** One line of what is kept of captions while a recording is made: seconds of the recording, and pairs. */
export function renderCaptionLine({ seconds, pairs }: PictureCaptions): string {
  return `${seconds.toFixed(3)} ${pairs.join(" ")}\n`;
}

const LINE_PATTERN = /^(\d+\.\d{3})((?: [0-9a-f]{4})+)$/;

/** Null for a line that was cut off. */
function parseCaptionLine(line: string): PictureCaptions | null {
  const [, seconds, pairs = ""] = LINE_PATTERN.exec(line) ?? [];
  return seconds === undefined ? null : { seconds: Number(seconds), pairs: pairs.trim().split(" ") };
}

/** Pictures come in the order of their decoding; none is shown so many places later. */
const REORDERED_MOST = 64;
/** What ffmpeg takes a frame of a time code for. */
const SLOT_MILLISECONDS = 33;
const SLOTS_PER_SECOND = 31;
/** Takes what is shown from the screen; sent twice, as all that does something. */
const ERASE_SHOWN = "942c 942c";

/**
 * What was kept of the captions of a recording as Scenarist closed captions, which ffmpeg reads. What is still shown at its end ends
 * with it.
 */
export async function* renderScenarist(lines: AsyncIterable<string>, durationSeconds: number): AsyncGenerator<string> {
  yield "Scenarist_SCC V1.0\n";
  let slotBefore: string | null = null;
  for await (const { seconds, pairs } of inOrder(lines)) {
    if (seconds > durationSeconds) continue;
    const slot = slotOf(seconds);
    // What has one time code stands on one line: of two lines that are alike ffmpeg takes one.
    yield slot === slotBefore ? ` ${pairs.join(" ")}` : `\n${slot}\t${pairs.join(" ")}`;
    slotBefore = slot;
  }
  yield `\n${slotOf(durationSeconds)}\t${ERASE_SHOWN}\n`;
}

async function* inOrder(lines: AsyncIterable<string>): AsyncGenerator<PictureCaptions> {
  const held: PictureCaptions[] = [];
  for await (const line of lines) {
    const captions = parseCaptionLine(line);
    if (!captions) continue;
    const place = held.findLastIndex(({ seconds }) => seconds <= captions.seconds);
    held.splice(place + 1, 0, captions);
    const [first] = held.length > REORDERED_MOST ? held.splice(0, 1) : [];
    if (first) yield first;
  }
  yield* held;
}

function slotOf(seconds: number): string {
  const whole = Math.floor(seconds);
  const slot = Math.min(SLOTS_PER_SECOND - 1, Math.floor(((seconds - whole) * 1_000) / SLOT_MILLISECONDS));
  return [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60, slot].map((part) => String(part).padStart(2, "0")).join(":");
}
