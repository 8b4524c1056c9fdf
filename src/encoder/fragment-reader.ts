/** A whole header (`ftyp` and `moov`), or a whole fragment (`moof` and `mdat`) of a fragmented MP4. */
export type Mp4Piece =
  | { readonly kind: "HEADER"; readonly bytes: Buffer }
  | {
      readonly kind: "FRAGMENT";
      /** A copy of its own, which may be changed. */ readonly moof: Buffer;
      /** The whole `mdat`. */ readonly data: Buffer;
    };

const BOX_HEADER_BYTES = 8;
/** Half a second of the largest bitrate is far below; what says more is no MP4 of ours. */
const BOX_LIMIT_BYTES = 256_000_000;

/** Makes headers and fragments of a fragmented MP4 that comes in chunks of any size. Throws for what is none. */
export class FragmentReader {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #needed = BOX_HEADER_BYTES;
  #header: Buffer[] = [];
  #moof: Buffer | null = null;

  push(chunk: Buffer): readonly Mp4Piece[] {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    const pieces: Mp4Piece[] = [];
    // Joined only once a whole box is there: a large one comes in many chunks.
    while (this.#restBytes >= this.#needed) {
      const bytes = this.#rest.length === 1 && this.#rest[0] ? this.#rest[0] : Buffer.concat(this.#rest);
      this.#rest = [bytes];
      const size = bytes.readUInt32BE(0);
      if (size < BOX_HEADER_BYTES || size > BOX_LIMIT_BYTES) throw new Error(`A box of ${size} bytes is none of ours`);
      this.#needed = size;
      if (bytes.length < size) break;
      const piece = this.#take(bytes.subarray(0, size));
      if (piece) pieces.push(piece);
      this.#rest = bytes.length === size ? [] : [bytes.subarray(size)];
      this.#restBytes = bytes.length - size;
      this.#needed = BOX_HEADER_BYTES;
    }
    return pieces;
  }

  #take(box: Buffer): Mp4Piece | null {
    switch (box.toString("latin1", 4, 8)) {
      case "ftyp":
        this.#header = [box];
        return null;
      case "moov":
        return { kind: "HEADER", bytes: Buffer.concat([...this.#header, box]) };
      case "moof":
        this.#moof = Buffer.from(box);
        return null;
      case "mdat": {
        const moof = this.#moof;
        this.#moof = null;
        return moof && { kind: "FRAGMENT", moof, data: box };
      }
      default:
        return null;
    }
  }
}
