import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Logger } from "../shared/log.ts";
import type { ArchiveFolder } from "./archive-folder.ts";
import { archiveProblemOf, type ArchiveProblem, type ArchiveState } from "./archive-state.ts";
import { CaptionTrack } from "./caption-track.ts";
import type { PictureCaptions } from "./captions.rules.ts";
import { FragmentReader, type Mp4Piece } from "./fragment-reader.ts";
import { moveFragment, readFragment, readTracks, type Mp4Track, type TrackFragment } from "./mp4.rules.ts";
import { mainTrack, type TrackEnds } from "./segment-scan.ts";

export interface ArchiveOptions {
  /** Called at the first media, and again when it failed: the directories that it is written to. None: nothing is kept of it. */
  readonly openFolders: () => Promise<readonly ArchiveFolder[]>;
  /** Called when what comes now is of another kind than what a recording holds; null: nothing more is recorded. */
  readonly replaceFolder: (folder: ArchiveFolder) => Promise<ArchiveFolder | null>;
  /** A folder that nothing more is written to: it is full. */
  readonly onFull: (folder: ArchiveFolder) => void;
  /** Called now and then while a folder grows. */
  readonly onGrowth: (folder: ArchiveFolder) => void;
  readonly isStorageFull: () => boolean;
  readonly log: Logger;
}

/** Two groups of pictures of what we encode. */
const SEGMENT_SECONDS = 4;
/** Key frames do not always come to the millisecond. */
const SEGMENT_TOLERANCE_SECONDS = 0.2;
/** So much waits for a slow disk; beyond it, what comes is left out up to a key frame. */
const WAITING_LIMIT_BYTES = 64_000_000;
const RETRY_MILLISECONDS = 5_000;
/** A segment has fewer: what goes on counts on beyond all that were numbered before. */
const FRAGMENTS_MOST = 1_000;
const GROWTH_TOLD_MILLISECONDS = 30_000;

interface OpenSegment {
  readonly number: number;
  readonly file: FileHandle;
  readonly isBreak: boolean;
  readonly at: string;
  /** When its key frame is shown, and until when the last of its pictures so far is. */
  readonly beginSeconds: number;
  endSeconds: number;
  bytes: number;
}

/**
 * Keeps one rendition of a session as segments, from the fragments that its encoder processes hand over one after the other. All of
 * them lie on one timeline: what another process makes is laid behind what the one before it made, whatever time went by in between,
 * and so is what comes after a full disk. Of an encoder that is killed, everything up to its last fragment is kept.
 */
export class Archive {
  readonly #options: ArchiveOptions;
  #folders: readonly ArchiveFolder[] | null = null;
  #work: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #isOverrun = false;
  #droppedAt: number | null = null;
  #problem: ArchiveProblem | null = null;
  #retryAt = 0;
  #beganAt: number | null = null;
  #grewAt: number | null = null;
  #toldAt = 0;

  #header: Buffer | null = null;
  #tracks: readonly Mp4Track[] = [];
  /** What is added to the times of each track; null until the next key frame says it. */
  #shifts: ReadonlyMap<number, number> | null = null;
  #ends: TrackEnds = new Map();
  #endSeconds = 0;
  /** Whose ticks `#ends` are. */
  #endHeader: Buffer | null = null;
  #isBreak = false;
  #sequenceNumber = 0;
  #segment: OpenSegment | null = null;
  /** Encoder processes that were followed. */
  #runs = 0;
  readonly #captions: CaptionTrack;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#captions = new CaptionTrack(options.log);
  }

  /** Times are by `performance.now()`. */
  get state(): ArchiveState {
    return { problem: this.#problem, beganAt: this.#beganAt, grewAt: this.#grewAt, droppedAt: this.#droppedAt };
  }

  /** Nothing that comes is kept for this process, since everything that was wanted is there. */
  isComplete(processId: string): boolean {
    return this.#folders !== null && !this.#folders.some(({ marker }) => marker.processId === processId);
  }

  /** Takes what an encoder process makes from now on, until it ends. */
  follow(stream: Readable): void {
    const reader = new FragmentReader();
    let isBroken = false;
    this.#beganAt = performance.now();
    this.#runs += 1;
    const run = this.#runs;
    stream.on("data", (chunk: Buffer) => {
      if (isBroken) return;
      try {
        for (const piece of reader.push(chunk)) this.#enqueue(piece, run);
      } catch (error) {
        isBroken = true;
        this.#noteProblem(error);
      }
    });
    stream.on("error", () => undefined);
  }

  /** Takes the captions that come with the input of the encoder process that was followed last. */
  takeCaptions(captions: readonly PictureCaptions[]): void {
    this.#captions.push(this.#runs, captions);
  }

  /** Resolves once all that has come is written. */
  async settle(): Promise<void> {
    await this.#work;
  }

  /** Ends the segment that is open, once all that came is written; gives the folders, which are the caller's from then on. */
  async close(): Promise<readonly ArchiveFolder[]> {
    this.#work = this.#work.then(() => this.#endRun()).catch((error: unknown) => this.#noteProblem(error));
    await this.#work;
    const folders = this.#folders ?? [];
    this.#folders = [];
    return folders;
  }

  #enqueue(piece: Mp4Piece, run: number): void {
    const size = piece.kind === "HEADER" ? 0 : piece.data.length;
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > WAITING_LIMIT_BYTES) this.#isOverrun = true;
    if (this.#isOverrun && this.#waitingBytes > 0 && size > 0) {
      this.#droppedAt = performance.now();
      return;
    }
    const followsGap = this.#isOverrun;
    this.#isOverrun = false;
    this.#waitingBytes += size;
    this.#work = this.#work
      .then(() => (piece.kind === "HEADER" ? this.#takeHeader(piece.bytes, run) : this.#takeFragment(piece, followsGap)))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#waitingBytes -= size;
      });
  }

  /** An encoder process begins. */
  async #takeHeader(header: Buffer, run: number): Promise<void> {
    await this.#endRun();
    this.#captions.beginRun(run);
    this.#header = header;
    this.#tracks = readTracks(header);
    this.#break();
  }

  async #endRun(): Promise<void> {
    await this.#captions.endRun();
    await this.#endSegment();
  }

  /** At the first media: goes on where an earlier life of this encoder was killed, or begins. */
  async #open(): Promise<void> {
    this.#folders = await this.#options.openFolders();
    const [longest] = this.#folders.toSorted((one, other) => other.lastNumber - one.lastNumber);
    if (!longest?.header) return;
    this.#noteEnds(longest.ends, longest.header);
    this.#sequenceNumber = longest.lastNumber * FRAGMENTS_MOST;
  }

  /** What comes next does not follow on what came before. */
  #break(): void {
    this.#isBreak = true;
    this.#shifts = null;
    this.#captions.lay(null);
  }

  async #takeFragment({ moof, data }: Extract<Mp4Piece, { kind: "FRAGMENT" }>, followsGap: boolean): Promise<void> {
    if (this.#folders?.length === 0) return;
    if (followsGap) {
      await this.#endSegment();
      this.#break();
    }
    const isFull = this.#options.isStorageFull();
    if (isFull && this.#problem === null) await this.#pause("There is no room left on the encoder's disk.");
    const main = mainTrack(this.#tracks);
    const fragments = readFragment(moof, this.#tracks);
    const lead = fragments.find(({ trackId }) => trackId === main?.id);
    if (!main || !lead) return;
    if (this.#problem !== null && (isFull || performance.now() < this.#retryAt)) return;
    if (this.#folders === null) await this.#open();
    if (this.#isDue(lead.startsWithKey)) {
      const shift = this.#shifts?.get(main.id);
      // Pictures that are shown before the key frame that they follow belong to its segment, and not to the length of this one.
      if (this.#segment && shift !== undefined) this.#segment.endSeconds = (lead.firstShownAt + shift) / main.timescale;
      await this.#endSegment();
      if (!lead.startsWithKey) return;
      const isLaid = this.#shifts !== null;
      this.#shifts ??= this.#lay(fragments);
      const [fromSeconds, shiftSeconds] = [lead.firstShownAt / main.timescale, (this.#shifts.get(main.id) ?? 0) / main.timescale];
      if (!isLaid) this.#captions.lay({ fromSeconds, shiftSeconds });
      await this.#beginSegment(fromSeconds + shiftSeconds);
    }
    await this.#append(moof, data, fragments);
  }

  #isDue(startsWithKey: boolean): boolean {
    if (!this.#segment || this.#shifts === null) return true;
    const seconds = this.#segment.endSeconds - this.#segment.beginSeconds;
    return startsWithKey && seconds >= SEGMENT_SECONDS - SEGMENT_TOLERANCE_SECONDS;
  }

  /** By how much each track is moved, so that none begins before its own end. */
  #lay(fragments: readonly TrackFragment[]): ReadonlyMap<number, number> {
    const isSame = this.#endHeader !== null && this.#header !== null && this.#endHeader.equals(this.#header);
    const distances = fragments.flatMap(({ trackId, begin, shownFrom }) => {
      const track = this.#tracks.find(({ id }) => id === trackId);
      if (!track) return [];
      const end = this.#ends.get(trackId);
      // Neither in the order of decoding nor in that of showing: of pictures that were cut off, the last may be shown late.
      return isSame && end
        ? [(end.end - begin) / track.timescale, (end.shownTo - shownFrom) / track.timescale]
        : [this.#endSeconds - begin / track.timescale];
    });
    const seconds = Math.max(...distances);
    return new Map(this.#tracks.map(({ id, timescale }) => [id, Math.ceil(seconds * timescale)]));
  }

  async #beginSegment(beginSeconds: number): Promise<void> {
    await this.#fitFolders();
    const folders = await this.#living();
    const [first, ...others] = folders;
    if (!first || !this.#header) return;
    for (const folder of folders) await folder.setHeader(this.#header);
    const number = Math.max(...folders.map(({ lastNumber }) => lastNumber)) + 1;
    const file = await first.openPart(number);
    for (const folder of others) await folder.linkPart(number, first);
    const at = new Date().toISOString();
    this.#segment = { number, file, isBreak: this.#isBreak, at, beginSeconds, endSeconds: beginSeconds, bytes: 0 };
    this.#isBreak = false;
    this.#captions.beginSegment(folders, beginSeconds);
  }

  /** A file holds one kind of picture and sound: what is of another kind goes into another recording. */
  async #fitFolders(): Promise<void> {
    const header = this.#header;
    const fitting: ArchiveFolder[] = [];
    for (const folder of this.#folders ?? []) {
      const isOther = header !== null && folder.header !== null && !folder.header.equals(header);
      const next = isOther && folder.marker.kind === "RECORDING" ? await this.#options.replaceFolder(folder) : folder;
      if (next) fitting.push(next);
    }
    this.#folders = fitting;
  }

  async #living(): Promise<readonly ArchiveFolder[]> {
    const folders = this.#folders ?? [];
    const isThere = await Promise.all(folders.map((folder) => folder.isThere()));
    this.#folders = folders.filter((_, index) => isThere[index]);
    return this.#folders;
  }

  async #append(moof: Buffer, data: Buffer, fragments: readonly TrackFragment[]): Promise<void> {
    const segment = this.#segment;
    const shifts = this.#shifts;
    if (!segment || !shifts || !this.#header) return;
    this.#sequenceNumber += 1;
    moveFragment(moof, shifts, this.#sequenceNumber);
    const { bytesWritten } = await segment.file.writev([moof, data], segment.bytes);
    // The last bit of room takes the beginning of it, and no error is thrown.
    if (bytesWritten < moof.length + data.length) throw Object.assign(new Error("It was not written whole"), { code: "ENOSPC" });
    segment.bytes += bytesWritten;
    const ends = new Map(this.#ends);
    for (const { trackId, end, shownTo } of fragments) {
      const shift = shifts.get(trackId) ?? 0;
      ends.set(trackId, { end: end + shift, shownTo: shownTo + shift });
    }
    this.#noteEnds(ends, this.#header);
    const main = mainTrack(this.#tracks);
    segment.endSeconds = (ends.get(main?.id ?? 0)?.shownTo ?? 0) / (main?.timescale ?? 1);
    await this.#captions.advance(segment.endSeconds - (shifts.get(main?.id ?? 0) ?? 0) / (main?.timescale ?? 1));
    this.#grewAt = performance.now();
    this.#problem = null;
  }

  #noteEnds(ends: TrackEnds, header: Buffer): void {
    this.#ends = ends;
    this.#endHeader = header;
    const tracks = header === this.#header ? this.#tracks : readTracks(header);
    this.#endSeconds = Math.max(0, ...tracks.map(({ id, timescale }) => (ends.get(id)?.shownTo ?? 0) / timescale));
  }

  /** Gives the open segment its name, or does away with it when nothing came. */
  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    if (!segment) return;
    this.#segment = null;
    const { number, file, isBreak, at, bytes } = segment;
    // What was written of a fragment that did not fit is no part of it.
    await file.truncate(bytes).finally(() => file.close());
    // As the playlist says it: what is left over of a subtraction would count as longer than what was asked for.
    const durationSeconds = Number((segment.endSeconds - segment.beginSeconds).toFixed(6));
    for (const folder of await this.#living()) {
      if (bytes === 0) await folder.dropPart(number);
      else await folder.complete({ number, isBreak, at, bytes, durationSeconds }, this.#ends);
    }
    this.#noteGrowth();
  }

  #noteGrowth(): void {
    const full = (this.#folders ?? []).filter((folder) => folder.isFull);
    this.#folders = (this.#folders ?? []).filter((folder) => !folder.isFull);
    for (const folder of full) this.#options.onFull(folder);
    const now = performance.now();
    if (now - this.#toldAt < GROWTH_TOLD_MILLISECONDS) return;
    this.#toldAt = now;
    for (const folder of this.#folders) this.#options.onGrowth(folder);
  }

  async #pause(reason: string): Promise<void> {
    this.#problem = { reason, isStorage: true };
    await this.#endSegment();
    this.#break();
  }

  /** What was written so far stays; it is tried again at a key frame after a while. */
  async #fail(error: unknown): Promise<void> {
    this.#noteProblem(error);
    this.#break();
    await this.#endSegment().catch(() => undefined);
  }

  #noteProblem(error: unknown): void {
    this.#options.log.error({ err: error }, "an archive could not be written");
    this.#retryAt = performance.now() + RETRY_MILLISECONDS;
    this.#problem = archiveProblemOf(error);
  }
}
