/** Pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

interface Chunk {
  readonly kind: string;
  readonly payload: Buffer;
}

const CONTAINER_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** Of a frame of an animation, what stands in front of its own chunks. */
const FRAME_HEADER_BYTES = 16;
/** An animation has some for each of its frames. */
const CHUNKS_MOST = 10_000;

/**
 * The size of a WebP picture, of an extended one that of its canvas; null for anything else, and for one whose canvas is not what
 * stands on it: whoever decodes it believes the picture, and not the canvas.
 */
export function readWebpSides(bytes: Buffer): Sides | null {
  if (bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WEBP") return null;
  const chunks = readChunks(bytes.subarray(CONTAINER_HEADER_BYTES));
  const [first] = chunks ?? [];
  if (!chunks || !first) return null;
  const canvas = first.kind === "VP8X" ? canvasSides(first.payload) : pictureSides(first);
  const pictures = chunks.filter(({ kind }) => kind === "VP8 " || kind === "VP8L").map(pictureSides);
  const frames = chunks.filter(({ kind }) => kind === "ANMF").flatMap(({ payload }) => framePictures(payload));
  if (!canvas || pictures.length + frames.length === 0) return null;
  const fitsCanvas = pictures.every((sides) => sides?.width === canvas.width && sides.height === canvas.height);
  const fitsWithin = frames.every((sides) => sides !== null && sides.width <= canvas.width && sides.height <= canvas.height);
  return fitsCanvas && fitsWithin ? canvas : null;
}

/** Up to the one that is cut off, which is given as far as it goes; null for too many. */
function readChunks(bytes: Buffer): readonly Chunk[] | null {
  const chunks: Chunk[] = [];
  for (let place = 0; place + CHUNK_HEADER_BYTES <= bytes.length;) {
    if (chunks.length === CHUNKS_MOST) return null;
    const length = bytes.readUInt32LE(place + 4);
    const start = place + CHUNK_HEADER_BYTES;
    chunks.push({ kind: bytes.toString("latin1", place, place + 4), payload: bytes.subarray(start, start + length) });
    // Padded to whole words of two bytes.
    place = start + length + (length % 2);
  }
  return chunks;
}

function framePictures(payload: Buffer): readonly (Sides | null)[] {
  const chunks = readChunks(payload.subarray(FRAME_HEADER_BYTES)) ?? [];
  const pictures = chunks.filter(({ kind }) => kind === "VP8 " || kind === "VP8L").map(pictureSides);
  return pictures.length === 0 ? [null] : pictures;
}

function canvasSides(payload: Buffer): Sides | null {
  return payload.length < 10 ? null : { width: payload.readUIntLE(4, 3) + 1, height: payload.readUIntLE(7, 3) + 1 };
}

function pictureSides({ kind, payload }: Chunk): Sides | null {
  if (kind === "VP8L") {
    if (payload.length < 5 || payload[0] !== 0x2f) return null;
    // Two sides of 14 bits each, lowest bits first.
    const bits = payload.readUInt32LE(1);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== "VP8 " || payload.length < 10 || payload.readUIntBE(3, 3) !== 0x9d012a) return null;
  // The upper two bits of each side are a scale for players.
  return { width: payload.readUInt16LE(6) & 0x3fff, height: payload.readUInt16LE(8) & 0x3fff };
}
