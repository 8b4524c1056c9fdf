/** What the header of a fragmented MP4 says of one of its tracks. */
export interface Mp4Track {
  readonly id: number;
  readonly kind: "VIDEO" | "AUDIO" | "OTHER";
  /** Ticks per second. */
  readonly timescale: number;
  /** Of a sample that says nothing of its own. */
  readonly defaultTicks: number;
  readonly defaultFlags: number;
}

/** What one fragment holds of one track, in the track's ticks. */
export interface TrackFragment {
  readonly trackId: number;
  /** When its first sample is decoded, and when what comes after its last one is. */
  readonly begin: number;
  readonly end: number;
  /** When the first of its samples is shown, and until when the last one is: pictures are shown in another order than they are decoded. */
  readonly shownFrom: number;
  readonly shownTo: number;
  /** When its first sample is shown: of a key frame, that is when pictures may begin. */
  readonly firstShownAt: number;
  readonly startsWithKey: boolean;
}

interface Box {
  readonly type: string;
  /** Of its contents. */
  readonly start: number;
  readonly end: number;
}

const BOX_HEADER_BYTES = 8;
/** Set in the flags of a sample that leans on others. */
const NOT_A_KEY = 0x10000;

/** The boxes of a stretch of bytes; ends at the first that reaches beyond it. */
export function* boxesOf(bytes: Buffer, from = 0, to = bytes.length): Generator<Box> {
  for (let at = from; at + BOX_HEADER_BYTES <= to;) {
    const size = bytes.readUInt32BE(at);
    if (size < BOX_HEADER_BYTES || at + size > to) return;
    yield { type: bytes.toString("latin1", at + 4, at + 8), start: at + BOX_HEADER_BYTES, end: at + size };
    at += size;
  }
}

function childrenOf(bytes: Buffer, parent: Pick<Box, "start" | "end">, type: string): readonly Box[] {
  return [...boxesOf(bytes, parent.start, parent.end)].filter((box) => box.type === type);
}

/** The first box at the end of a path of types. */
function find(bytes: Buffer, parent: Pick<Box, "start" | "end">, [type, ...rest]: readonly string[]): Box | null {
  if (type === undefined) return null;
  const [child] = childrenOf(bytes, parent, type);
  return child === undefined || rest.length === 0 ? (child ?? null) : find(bytes, child, rest);
}

/** Seconds that the whole film lasts by its header, given the beginning of a file whose header stands in front; null when it says nothing. */
export function readMovieSeconds(bytes: Buffer): number | null {
  const type = [...boxesOf(bytes)].at(0);
  const head = type === undefined ? bytes.length : type.end + BOX_HEADER_BYTES;
  // The header of the film as a whole comes first in the header, which may be too long to be read for it.
  const [film] = boxesOf(bytes, head);
  if (film?.type !== "mvhd") return null;
  const isLong = bytes[film.start] === 1;
  const timescale = bytes.readUInt32BE(film.start + (isLong ? 20 : 12));
  const ticks = isLong ? Number(bytes.readBigUInt64BE(film.start + 24)) : bytes.readUInt32BE(film.start + 16);
  return timescale === 0 ? null : ticks / timescale;
}

/** Reads the tracks that a header (`ftyp` and `moov`) announces; empty when it is none. */
export function readTracks(header: Buffer): readonly Mp4Track[] {
  const moov = find(header, { start: 0, end: header.length }, ["moov"]);
  if (!moov) return [];
  const defaults = new Map(
    childrenOf(header, find(header, moov, ["mvex"]) ?? { start: 0, end: 0 }, "trex").map(({ start }) => [
      header.readUInt32BE(start + 4),
      { defaultTicks: header.readUInt32BE(start + 12), defaultFlags: header.readUInt32BE(start + 20) },
    ]),
  );
  return childrenOf(header, moov, "trak").flatMap((trak) => {
    const [head, media, handler] = [["tkhd"], ["mdia", "mdhd"], ["mdia", "hdlr"]].map((path) => find(header, trak, path));
    if (!head || !media || !handler) return [];
    const id = header.readUInt32BE(head.start + (header[head.start] === 1 ? 20 : 12));
    const timescale = header.readUInt32BE(media.start + (header[media.start] === 1 ? 20 : 12));
    const type = header.toString("latin1", handler.start + 8, handler.start + 12);
    const kind = type === "vide" ? "VIDEO" : type === "soun" ? "AUDIO" : "OTHER";
    return [{ id, timescale, kind, ...(defaults.get(id) ?? { defaultTicks: 0, defaultFlags: 0 }) } satisfies Mp4Track];
  });
}

/** Reads what a `moof` says of the tracks; those that it knows nothing of are left out. */
export function readFragment(moof: Buffer, tracks: readonly Mp4Track[]): readonly TrackFragment[] {
  return trafsOf(moof).flatMap(({ traf, trackId, head }) => {
    const track = tracks.find(({ id }) => id === trackId);
    const time = find(moof, traf, ["tfdt"]);
    if (!track || !time) return [];
    const begin = readTime(moof, time);
    const defaults = readDefaults(moof, head, track);
    let end = begin;
    const runs = childrenOf(moof, traf, "trun").map((run) => {
      const samples = readRun(moof, run, defaults, end);
      end = samples.end;
      return samples;
    });
    return [
      {
        ...{ trackId, begin, end, startsWithKey: runs[0]?.startsWithKey ?? false },
        shownFrom: runs.length === 0 ? begin : Math.min(...runs.map(({ shownFrom }) => shownFrom)),
        shownTo: Math.max(end, ...runs.map(({ shownTo }) => shownTo)),
        firstShownAt: runs[0]?.firstShownAt ?? begin,
      },
    ];
  });
}

/** A picture or a piece of sound, in the ticks of its track. */
export interface Sample {
  readonly shownAt: number;
  readonly shownTo: number;
}

/** What a `moof` says of each sample of a track, in the order of decoding. */
export function readSamples(moof: Buffer, track: Mp4Track): readonly Sample[] {
  return trafsOf(moof).flatMap(({ traf, trackId, head }) => {
    const time = find(moof, traf, ["tfdt"]);
    if (trackId !== track.id || !time) return [];
    const defaults = readDefaults(moof, head, track);
    let end = readTime(moof, time);
    return childrenOf(moof, traf, "trun").flatMap((run) => {
      const samples = samplesOf(moof, run, defaults, end);
      end = samples.reduce((sum, { ticks }) => sum + ticks, end);
      return samples.map(({ shownAt, ticks }) => ({ shownAt, shownTo: shownAt + ticks }));
    });
  });
}

/** Has a `moof` hold the first so many samples of a track alone, in place: whoever reads it leaves the bytes of the others out. */
export function keepSamples(moof: Buffer, track: Mp4Track, count: number): void {
  let left = count;
  for (const { traf } of trafsOf(moof).filter(({ trackId }) => trackId === track.id)) {
    for (const { start } of childrenOf(moof, traf, "trun")) {
      const kept = Math.min(left, moof.readUInt32BE(start + 4));
      moof.writeUInt32BE(kept, start + 4);
      left -= kept;
    }
  }
}

/** Moves the tracks of a `moof` in time, in place, by ticks of their own, and gives it its number in the whole. */
export function moveFragment(moof: Buffer, shifts: ReadonlyMap<number, number>, sequenceNumber: number): void {
  const [outer] = boxesOf(moof);
  const head = outer && find(moof, outer, ["mfhd"]);
  if (head) moof.writeUInt32BE(sequenceNumber >>> 0, head.start + 4);
  for (const { traf, trackId } of trafsOf(moof)) {
    const time = find(moof, traf, ["tfdt"]);
    if (time) writeTime(moof, time, readTime(moof, time) + (shifts.get(trackId) ?? 0));
  }
}

function trafsOf(moof: Buffer): readonly { readonly traf: Box; readonly trackId: number; readonly head: Box }[] {
  const [outer] = boxesOf(moof);
  if (!outer) return [];
  return childrenOf(moof, outer, "traf").flatMap((traf) => {
    const head = find(moof, traf, ["tfhd"]);
    return head ? [{ traf, head, trackId: moof.readUInt32BE(head.start + 4) }] : [];
  });
}

function readTime(moof: Buffer, { start }: Box): number {
  return moof[start] === 1 ? Number(moof.readBigUInt64BE(start + 4)) : moof.readUInt32BE(start + 4);
}

function writeTime(moof: Buffer, { start }: Box, ticks: number): void {
  if (moof[start] === 1) moof.writeBigUInt64BE(BigInt(Math.max(0, Math.round(ticks))), start + 4);
  else moof.writeUInt32BE(Math.max(0, Math.round(ticks)) >>> 0, start + 4);
}

interface SampleDefaults {
  readonly ticks: number;
  readonly flags: number;
}

function readDefaults(moof: Buffer, { start }: Box, track: Mp4Track): SampleDefaults {
  const flags = moof.readUIntBE(start + 1, 3);
  let at = start + 8;
  const read = (bit: number, bytes: number): number | null => {
    if ((flags & bit) === 0) return null;
    at += bytes;
    return bytes === 4 ? moof.readUInt32BE(at - bytes) : 0;
  };
  read(0x1, 8);
  read(0x2, 4);
  const ticks = read(0x8, 4);
  read(0x10, 4);
  return { ticks: ticks ?? track.defaultTicks, flags: read(0x20, 4) ?? track.defaultFlags };
}

type RunSamples = Omit<TrackFragment, "trackId" | "begin">;

interface RunSample {
  readonly shownAt: number;
  readonly ticks: number;
  readonly flags: number;
}

function readRun(moof: Buffer, run: Box, defaults: SampleDefaults, begin: number): RunSamples {
  const samples = samplesOf(moof, run, defaults, begin);
  const [first] = samples;
  return {
    end: samples.reduce((sum, { ticks }) => sum + ticks, begin),
    shownFrom: samples.reduce((least, { shownAt }) => Math.min(least, shownAt), Infinity),
    shownTo: samples.reduce((most, { shownAt, ticks }) => Math.max(most, shownAt + ticks), -Infinity),
    firstShownAt: first?.shownAt ?? begin,
    startsWithKey: first !== undefined && (first.flags & NOT_A_KEY) === 0,
  };
}

function samplesOf(moof: Buffer, { start }: Box, defaults: SampleDefaults, begin: number): readonly RunSample[] {
  const flags = moof.readUIntBE(start + 1, 3);
  const count = moof.readUInt32BE(start + 4);
  const has = (bit: number): boolean => (flags & bit) !== 0;
  let at = start + 8 + (has(0x1) ? 4 : 0);
  const first = has(0x4) ? moof.readUInt32BE(at) : null;
  at += first === null ? 0 : 4;
  const fields = [0x100, 0x200, 0x400, 0x800].filter(has);
  const read = (sample: number, bit: number): number | null =>
    has(bit) ? moof.readInt32BE(at + (sample * fields.length + fields.indexOf(bit)) * 4) : null;
  let decodedAt = begin;
  return Array.from({ length: count }, (_, sample) => {
    const ticks = read(sample, 0x100) ?? defaults.ticks;
    const shownAt = decodedAt + (read(sample, 0x800) ?? 0);
    decodedAt += ticks;
    return { shownAt, ticks, flags: (sample === 0 ? first : null) ?? read(sample, 0x400) ?? defaults.flags };
  });
}
