/** Pictures of one H.264 stream, all shown for the same time; the first is a key frame and none is reordered. */
export interface ClipPictures {
  /** What decoders have to know, as `avcC` holds it. */
  readonly configuration: Buffer;
  /** Each with its lengths in front of its units, as MP4 and FLV have them. */
  readonly pictures: readonly Buffer[];
  readonly width: number;
  readonly height: number;
  /** Pictures per second. */
  readonly rate: { readonly numerator: number; readonly denominator: number };
}

const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
const SIXTEEN_SIXTEENTHS = 0x10000;
const RESOLUTION = 0x480000;
const UNDETERMINED_LANGUAGE = 0x55c4;
const TRACK_SHOWN = 3;

/** A whole MP4 without sound whose header stands in front: what browsers loop. */
export function clipFile(clip: ClipPictures): Buffer {
  const type = box("ftyp", Buffer.from("isom"), u32(512), Buffer.from("isomiso2avc1mp41"));
  // Where the pictures begin depends on how long the header is, which does not depend on where they begin.
  const header = movie(clip, 0);
  const begin = type.length + header.length + 8;
  return Buffer.concat([type, movie(clip, begin), box("mdat", ...clip.pictures)]);
}

function movie(clip: ClipPictures, firstByte: number): Buffer {
  const { numerator, denominator } = clip.rate;
  const ticks = clip.pictures.length * denominator;
  const times = [u32(0), u32(0), u32(numerator), u32(ticks)];
  const head = fullBox("mvhd", 0, ...times, u32(SIXTEEN_SIXTEENTHS), u16(0x100), Buffer.alloc(10), matrix(), Buffer.alloc(24), u32(2));
  return box("moov", head, track(clip, ticks, firstByte));
}

function track(clip: ClipPictures, ticks: number, firstByte: number): Buffer {
  const { width, height, rate } = clip;
  const place = [u32(0), u32(0), u32(1), u32(0), u32(ticks), Buffer.alloc(16), matrix(), u32(width << 16), u32(height << 16)];
  const handler = fullBox("hdlr", 0, u32(0), Buffer.from("vide"), Buffer.alloc(12), Buffer.from("VideoHandler\0"));
  const media = [u32(0), u32(0), u32(rate.numerator), u32(ticks), u16(UNDETERMINED_LANGUAGE), u16(0)];
  const here = box("dinf", fullBox("dref", 0, u32(1), fullBox("url ", 1)));
  const information = box("minf", fullBox("vmhd", 1, Buffer.alloc(8)), here, sampleTable(clip, firstByte));
  return box("trak", fullBox("tkhd", TRACK_SHOWN, ...place), box("mdia", fullBox("mdhd", 0, ...media), handler, information));
}

function sampleTable({ configuration, pictures, width, height, rate }: ClipPictures, firstByte: number): Buffer {
  const size = [u16(width), u16(height), u32(RESOLUTION), u32(RESOLUTION), u32(0), u16(1)];
  const picture = [Buffer.alloc(6), u16(1), Buffer.alloc(16), ...size, Buffer.alloc(32), u16(24), u16(0xffff)];
  return box(
    "stbl",
    fullBox("stsd", 0, u32(1), box("avc1", ...picture, box("avcC", configuration))),
    fullBox("stts", 0, u32(1), u32(pictures.length), u32(rate.denominator)),
    fullBox("stss", 0, u32(1), u32(1)),
    fullBox("stsc", 0, u32(1), u32(1), u32(pictures.length), u32(1)),
    fullBox("stsz", 0, u32(0), u32(pictures.length), ...pictures.map(({ length }) => u32(length))),
    fullBox("stco", 0, u32(1), u32(firstByte)),
  );
}

function matrix(): Buffer {
  return Buffer.concat(IDENTITY.map(u32));
}

function fullBox(type: string, flags: number, ...contents: readonly Buffer[]): Buffer {
  return box(type, u32(flags), ...contents);
}

function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, "latin1"), body]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
