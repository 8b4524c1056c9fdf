import { appendFile, link, mkdir, open, readdir, readFile, rename, rm, stat, truncate, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import {
  dropOld,
  headerName,
  headerNumber,
  parsePlaylist,
  renderPlaylist,
  renderSegment,
  segmentName,
  segmentNumber,
  totalSeconds,
  withSegment,
  type ArchivedSegment,
  type ArchivePlaylist,
} from "./archive-playlist.rules.ts";
import { readMarker, writeMarker, type AssetMarker } from "./asset-marker.ts";
import { readTracks } from "./mp4.rules.ts";
import { scanSegment, type TrackEnds } from "./segment-scan.ts";

/** The playlist of a replay, which players open, and that of the parts of a recording, which goes once it is finished. */
export const REPLAY_PLAYLIST = "index.m3u8";
export const PARTS_PLAYLIST = "parts.m3u8";
/** The captions that came with a recording, until it is finished. */
export const CAPTIONS_LOG = "captions.log";

/** Added to the name of a segment that still grows. */
const PART_SUFFIX = ".part";
/** What players may still ask for after it was dropped from a playlist. */
const KEPT_SEGMENTS = 8;

/** A segment that has been written. */
export type WrittenSegment = Pick<ArchivedSegment, "number" | "durationSeconds" | "isBreak" | "at"> & { readonly bytes: number };

/**
 * The directory of one recording or replay: a marker, headers, segments in one timeline, and a playlist of them. A segment grows under
 * another name, and has its own from the moment that it is whole; what a killed encoder left is made whole by `load`.
 */
export class ArchiveFolder {
  readonly directory: string;
  #marker: AssetMarker;
  #playlist: ArchivePlaylist;
  #header: Buffer | null = null;
  #headerNumber = 0;
  /** What the playlist's file is known to hold; null when it has to be written anew. */
  #written: ArchivePlaylist | null = null;
  #ends: TrackEnds = new Map();
  readonly #old: ArchivedSegment[] = [];
  #marking: Promise<void> = Promise.resolve();

  private constructor(directory: string, marker: AssetMarker) {
    this.directory = directory;
    this.#marker = marker;
    const isWindow = marker.kind === "REPLAY" && marker.limitSeconds !== null;
    this.#playlist = {
      ...{ segments: [], droppedBreaks: 0, droppedSeconds: 0, targetSeconds: 1, isEnded: false, isWindow },
      isIndependent: marker.isIndependent,
    };
  }

  /** Makes the directory of a new asset. */
  static async create(root: string, marker: AssetMarker): Promise<ArchiveFolder> {
    const directory = join(root, marker.id);
    await mkdir(directory, { recursive: true });
    await writeMarker(directory, marker);
    return new ArchiveFolder(directory, marker);
  }

  /** What a former life of this encoder left, its last segment cut off behind the last fragment that is whole; null when it is none. */
  static async load(directory: string): Promise<ArchiveFolder | null> {
    const marker = await readMarker(directory);
    if (!marker) return null;
    const folder = new ArchiveFolder(directory, marker);
    await folder.#recover();
    return folder;
  }

  get marker(): AssetMarker {
    return this.#marker;
  }

  /** Of what has been archived; null before the first. */
  get header(): Buffer | null {
    return this.#header;
  }

  /** Where its timeline ends, by the tracks of the header. */
  get ends(): TrackEnds {
    return this.#ends;
  }

  get lastNumber(): number {
    return this.#playlist.segments.at(-1)?.number ?? 0;
  }

  get seconds(): number {
    return totalSeconds(this.#playlist.segments);
  }

  /** Of a recording: nothing more may be added. */
  get isFull(): boolean {
    const { kind, limitSeconds } = this.#marker;
    return kind === "RECORDING" && limitSeconds !== null && this.seconds >= limitSeconds;
  }

  get #playlistPath(): string {
    return join(this.directory, this.#marker.kind === "RECORDING" ? PARTS_PLAYLIST : REPLAY_PLAYLIST);
  }

  /** Whether it is still there: whoever deletes an asset need not wait for its end. */
  async isThere(): Promise<boolean> {
    return stat(this.directory).then(
      () => true,
      () => false,
    );
  }

  async mark(changes: Partial<AssetMarker>): Promise<void> {
    this.#marker = { ...this.#marker, ...changes };
    // One after the other: two at once would rename each other's file away.
    const written = this.#marking.then(() => writeMarker(this.directory, this.#marker));
    this.#marking = written.catch(() => undefined);
    await written;
  }

  /** What comes now needs this header. */
  async setHeader(header: Buffer): Promise<void> {
    if (this.#header?.equals(header)) return;
    const path = join(this.directory, headerName(this.#headerNumber + 1));
    await writeFile(`${path}.tmp`, header);
    await rename(`${path}.tmp`, path);
    this.#header = header;
    this.#headerNumber += 1;
    this.#marker = { ...this.#marker, bytes: this.#marker.bytes + header.length };
  }

  /** Opens the file of a segment that begins now. */
  async openPart(number: number): Promise<FileHandle> {
    return open(this.#partPath(number), "w");
  }

  /** Has the segment that another folder opened grow here as well, under the same bytes. */
  async linkPart(number: number, from: ArchiveFolder): Promise<void> {
    await rm(this.#partPath(number), { force: true });
    await link(from.#partPath(number), this.#partPath(number));
  }

  async dropPart(number: number): Promise<void> {
    await rm(this.#partPath(number), { force: true });
  }

  /** The segment that grew here is whole. */
  async complete({ bytes, ...segment }: WrittenSegment, ends: TrackEnds): Promise<void> {
    await rename(this.#partPath(segment.number), join(this.directory, segmentName(segment.number)));
    this.#playlist = withSegment(this.#playlist, { ...segment, header: headerName(this.#headerNumber) });
    this.#ends = ends;
    this.#marker = { ...this.#marker, bytes: this.#marker.bytes + bytes, durationSeconds: this.seconds };
    await this.#dropOld();
    await this.#writePlaylist();
  }

  /** Keeps captions of a recording, as lines. */
  async addCaptions(lines: string): Promise<void> {
    await appendFile(join(this.directory, CAPTIONS_LOG), lines);
  }

  /** Nothing is added any more. */
  async end(): Promise<void> {
    this.#playlist = { ...this.#playlist, isEnded: true };
    await this.#writePlaylist();
    await this.#removeOld(0);
    const { limitSeconds, kind } = this.#marker;
    const durationSeconds = kind === "RECORDING" ? Math.min(this.seconds, limitSeconds ?? Infinity) : this.seconds;
    await this.mark({ state: "ENDED", durationSeconds });
  }

  #partPath(number: number): string {
    return join(this.directory, `${segmentName(number)}${PART_SUFFIX}`);
  }

  async #dropOld(): Promise<void> {
    if (!this.#playlist.isWindow) return;
    const { playlist, dropped } = dropOld(this.#playlist, this.#marker.limitSeconds ?? Infinity);
    this.#playlist = playlist;
    this.#old.push(...dropped);
    await this.#removeOld(KEPT_SEGMENTS);
    this.#marker = { ...this.#marker, durationSeconds: this.seconds, droppedSeconds: this.#playlist.droppedSeconds };
  }

  async #removeOld(keep: number): Promise<void> {
    const gone = this.#old.splice(0, Math.max(0, this.#old.length - keep));
    for (const { number } of gone) {
      const path = join(this.directory, segmentName(number));
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      await rm(path, { force: true });
      this.#marker = { ...this.#marker, bytes: this.#marker.bytes - size };
    }
  }

  /** A line for one more segment, where that is all that differs: a playlist of days takes a megabyte. */
  async #writePlaylist(): Promise<void> {
    const playlist = this.#playlist;
    const before = this.#written;
    this.#written = null;
    const [last, added] = [before?.segments.at(-1) ?? null, playlist.segments.at(-1)];
    const isOneMore =
      before !== null &&
      added !== undefined &&
      last !== null &&
      !playlist.isWindow &&
      !playlist.isEnded &&
      before.targetSeconds === playlist.targetSeconds &&
      before.segments.length + 1 === playlist.segments.length;
    if (isOneMore) await appendFile(this.#playlistPath, renderSegment(added, last));
    else {
      await writeFile(`${this.#playlistPath}.tmp`, renderPlaylist(playlist));
      await rename(`${this.#playlistPath}.tmp`, this.#playlistPath);
    }
    this.#written = playlist;
  }

  async #recover(): Promise<void> {
    const names = await readdir(this.directory);
    const text = await readFile(this.#playlistPath, "utf8").catch(() => "");
    if (text !== "") this.#playlist = { ...this.#playlist, ...parsePlaylist(text), isWindow: this.#playlist.isWindow, isEnded: false };
    this.#headerNumber = Math.max(0, ...names.map((name) => headerNumber(name) ?? 0));
    if (this.#headerNumber > 0) this.#header = await readFile(join(this.directory, headerName(this.#headerNumber)));
    const first = this.#playlist.segments[0]?.number ?? 0;
    const numbers = names
      .map((name) => segmentNumber(name.endsWith(PART_SUFFIX) ? name.slice(0, -PART_SUFFIX.length) : name))
      .filter((number) => number !== null);
    for (const number of numbers.filter((old) => old < first)) await rm(join(this.directory, segmentName(number)), { force: true });
    const left = new Set(numbers.filter((number) => number > this.lastNumber));
    for (const number of [...left].toSorted((one, other) => one - other)) await this.#recoverSegment(number);
    await this.#readEnds();
    await this.#countBytes();
    await this.#writePlaylist();
  }

  /** One that is not named yet: whole, or cut off where its encoder was killed. */
  async #recoverSegment(number: number): Promise<void> {
    const final = join(this.directory, segmentName(number));
    // What is under the final name already is whole: an unfinished one beside it is another name of the same bytes.
    await link(this.#partPath(number), final).catch(() => undefined);
    await rm(this.#partPath(number), { force: true });
    const { bytes, durationSeconds } = await scanSegment(final, readTracks(this.#header ?? Buffer.alloc(0)));
    const before = this.#playlist.segments.at(-1);
    if (bytes === 0 || (before && number !== before.number + 1)) return rm(final, { force: true });
    await truncate(final, bytes);
    const header = headerName(this.#headerNumber);
    const isBreak = before !== undefined && before.header !== header;
    this.#playlist = withSegment(this.#playlist, { number, durationSeconds, header, isBreak, at: null });
  }

  async #readEnds(): Promise<void> {
    const last = this.#playlist.segments.at(-1);
    if (!last || !this.#header || last.header !== headerName(this.#headerNumber)) return;
    const path = join(this.directory, segmentName(last.number));
    this.#ends = (await scanSegment(path, readTracks(this.#header))).ends;
  }

  async #countBytes(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => segmentNumber(name) !== null || headerNumber(name) !== null);
    let bytes = 0;
    for (const name of names) bytes += (await stat(join(this.directory, name))).size;
    this.#marker = { ...this.#marker, bytes, durationSeconds: this.seconds, droppedSeconds: this.#playlist.droppedSeconds };
  }
}
