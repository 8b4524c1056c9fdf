import { readCaptionPairs, type PictureCaptions } from "./captions.rules.ts";
import { PACKET_BYTES } from "./transport-stream.ts";

const SYNC_BYTE = 0x47;
const TICKS_PER_SECOND = 90_000;
const CLOCK_TICKS = 2 ** 33;
/** Messages of one picture take a few hundred bytes; what is longer is none of ours. */
const UNIT_LIMIT_BYTES = 1_000_000;

/**
 * Reads captions out of a transport stream of ffmpeg's that holds nothing of a picture but its messages. They come in the order of
 * decoding, each once the next picture begins. Throws for what is no transport stream.
 */
export class CaptionReader {
  #rest: Buffer = Buffer.alloc(0);
  #unit: Buffer[] = [];
  #unitBytes = 0;
  #clock: number | null = null;

  push(chunk: Buffer): readonly PictureCaptions[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: PictureCaptions[] = [];
    let at = 0;
    for (; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) found.push(...this.#take(bytes.subarray(at, at + PACKET_BYTES)));
    this.#rest = Buffer.from(bytes.subarray(at));
    return found;
  }

  /** What the last picture brought. */
  end(): readonly PictureCaptions[] {
    return this.#endUnit();
  }

  #take(packet: Buffer): readonly PictureCaptions[] {
    const [sync, second = 0, , control = 0, adaptationBytes = 0] = packet;
    if (sync !== SYNC_BYTE) throw new Error("The captions come in no transport stream");
    if ((control & 0x10) === 0) return [];
    const payload = packet.subarray(4 + ((control & 0x20) === 0 ? 0 : 1 + adaptationBytes));
    if ((second & 0x40) === 0) {
      if (this.#unitBytes > 0 && this.#unitBytes < UNIT_LIMIT_BYTES) this.#add(payload);
      return [];
    }
    const isPicture = payload.length > 14 && payload.readUInt32BE(0) >>> 4 === 0x1e;
    // Tables, which ffmpeg puts between pictures.
    if (!isPicture) return [];
    const found = this.#endUnit();
    this.#add(payload);
    return found;
  }

  #add(payload: Buffer): void {
    this.#unit.push(payload);
    this.#unitBytes += payload.length;
  }

  #endUnit(): readonly PictureCaptions[] {
    if (this.#unitBytes === 0) return [];
    const unit = Buffer.concat(this.#unit);
    this.#unit = [];
    this.#unitBytes = 0;
    const hasTime = ((unit[7] ?? 0) & 0x80) !== 0;
    if (!hasTime) return [];
    const seconds = this.#unwrap(readTime(unit)) / TICKS_PER_SECOND;
    const pairs = readCaptionPairs(unit.subarray(9 + (unit[8] ?? 0)));
    return pairs.length === 0 ? [] : [{ seconds, pairs }];
  }

  /** Times begin anew after 26 hours. */
  #unwrap(ticks: number): number {
    const before = this.#clock ?? ticks;
    const step = (((ticks - before) % CLOCK_TICKS) + CLOCK_TICKS) % CLOCK_TICKS;
    this.#clock = before + (step < CLOCK_TICKS / 2 ? step : step - CLOCK_TICKS);
    return this.#clock;
  }
}

/** When the picture of a unit is shown, in ticks modulo 2^33. */
function readTime(unit: Buffer): number {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = unit.subarray(9);
  return ((first >> 1) & 0x07) * 2 ** 30 + (second << 22) + ((third >> 1) << 15) + (fourth << 7) + (fifth >> 1);
}
