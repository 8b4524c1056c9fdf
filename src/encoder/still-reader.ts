import { FlvReader, isKeyFrame, isSequenceHeader, TagType, type FlvTag } from "../rtmp/flv.rules.ts";
import { clipFile } from "./clip-file.rules.ts";
import { clipFrames, type PlannedStill } from "./process-plan.rules.ts";

/** Makes whole contents of what an encoder process hands over for a still, in chunks of any size. */
export interface StillReader {
  /** Those that this chunk completed. */
  readonly push: (chunk: Buffer) => readonly Buffer[];
}

export function createStillReader(still: PlannedStill): StillReader {
  return still.kind === "THUMBNAIL" ? new PictureReader() : new ClipReader(still);
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
/** A picture of any size that we encode is smaller. */
const PICTURE_LIMIT_BYTES = 64_000_000;

/** JPEG files one after the other: their ends stand nowhere else in them, as our encoder writes them. */
class PictureReader implements StillReader {
  #rest = Buffer.alloc(0);

  push(chunk: Buffer): readonly Buffer[] {
    const begun = Math.max(0, this.#rest.length - 1);
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const pictures: Buffer[] = [];
    for (let end = this.#rest.indexOf(END_OF_IMAGE, begun); end >= 0; end = this.#rest.indexOf(END_OF_IMAGE)) {
      pictures.push(this.#rest.subarray(0, end + END_OF_IMAGE.length));
      this.#rest = this.#rest.subarray(end + END_OF_IMAGE.length);
    }
    if (this.#rest.length > PICTURE_LIMIT_BYTES) throw new Error("A picture has no end");
    return pictures;
  }
}

/** H.264 in FLV: every key frame begins a clip, which has so many pictures; one that has fewer is none. */
class ClipReader implements StillReader {
  readonly #still: PlannedStill;
  readonly #reader = new FlvReader();
  #configuration: Buffer | null = null;
  /** Null while it waits for a key frame. */
  #pictures: Buffer[] | null = null;

  constructor(still: PlannedStill) {
    this.#still = still;
  }

  push(chunk: Buffer): readonly Buffer[] {
    return this.#reader.push(chunk).flatMap((tag) => (tag.type === TagType.VIDEO ? this.#take(tag) : []));
  }

  #take(tag: FlvTag): readonly Buffer[] {
    // In front of the data: the kind of frame, the kind of packet, and the time to its picture.
    const data = tag.payload.subarray(5);
    if (isSequenceHeader(tag)) this.#configuration = data;
    if (isSequenceHeader(tag) || data.length === 0) return [];
    if (isKeyFrame(tag)) this.#pictures = [];
    this.#pictures?.push(data);
    const { rate, step, width, height } = this.#still;
    if (!this.#pictures || !this.#configuration || this.#pictures.length < clipFrames(this.#still)) return [];
    const own = { numerator: rate.numerator, denominator: rate.denominator * step };
    const file = clipFile({ configuration: this.#configuration, pictures: this.#pictures, width, height, rate: own });
    this.#pictures = null;
    return [file];
  }
}
