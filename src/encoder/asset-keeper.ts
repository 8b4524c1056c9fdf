import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { newIdentifier } from "../shared/identifier.ts";
import type { Logger } from "../shared/log.ts";
import { ArchiveFolder, REPLAY_PLAYLIST } from "./archive-folder.ts";
import { readMarker, reportOf, type AssetMarker } from "./asset-marker.ts";
import type { AssetTeller } from "./asset-teller.ts";
import type { FfmpegProcess, ProcessHost } from "./ffmpeg.process.ts";
import { finishRecording, removeParts, type Finishing } from "./finish-recording.ts";
import { CAPTIONS_FILE, makeCaptions } from "./make-captions.ts";
import type { RunnerEnd } from "./runner.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

export interface AssetKeeperOptions {
  /** Every asset of this agent has a directory of its own below it, named after it. */
  readonly assetRoot: string;
  readonly teller: Pick<AssetTeller, "tell">;
  readonly host: ProcessHost;
  /** Null where there is none: recordings then stay unfinished. */
  readonly ffmpegPath: string | null;
  readonly storageLevel: () => StorageLevel;
  /** Whether so many bytes can be written without taking what live outputs need; left out, they always can. */
  readonly hasRoomFor?: (bytes: number) => Promise<boolean>;
  readonly log: Logger;
  /** Shorter for tests, as the next one. */
  readonly graceMilliseconds?: number;
  readonly retryMilliseconds?: readonly number[];
  readonly roomMilliseconds?: number;
}

/** Whose asset it is, and what it is made of. */
export type AssetOwner = Pick<
  AssetMarker,
  | "organizationId"
  | "sessionId"
  | "runId"
  | "processId"
  | "playbackId"
  | "renditionId"
  | "playbackName"
  | "renditionName"
  | "limitSeconds"
  | "isIndependent"
> & { readonly kind: "RECORDING" | "REPLAY" };

/** A run that an encoder was killed in, or that was handed on, gets so long to come back. */
const GRACE_MILLISECONDS = 60_000;
/** From one attempt at finishing a recording to the next. */
const RETRY_MILLISECONDS = [5_000, 30_000];
const FULL_DISK_MILLISECONDS = 30_000;
const NO_ROOM = "There is no room on the encoder's disk to finish it. It is finished once there is: delete what is no longer needed.";
const FILES = {
  RECORDING: { fileName: "recording.mp4", contentType: "video/mp4" },
  REPLAY: { fileName: REPLAY_PLAYLIST, contentType: "application/vnd.apple.mpegurl" },
} as const;

/**
 * Keeps the recordings and replays of an agent, whatever becomes of their sessions and of the agent itself:
 *
 *   a run writes it (OPEN) → the run ended (ENDED) → whole (READY), or it cannot be finished (FAILED)
 *   OPEN, and nobody writes it: the agent was killed or the session handed on. The run may come back, and goes on with it; after a
 *   minute it counts as ended.
 *
 * Recordings are finished one at a time. What a killed agent left is found at its next start, and so is what failed.
 */
export class AssetKeeper {
  readonly #options: AssetKeeperOptions;
  /** Open ones that nobody writes, and what ends their grace. */
  readonly #waiting = new Map<ArchiveFolder, NodeJS.Timeout>();
  /** Runs that are here now. */
  readonly #present = new Set<string>();
  /** Seconds that are recorded of a process in a run, by both. */
  readonly #recorded = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #ready: Promise<void>;
  #finishing: Promise<void> = Promise.resolve();
  #child: FfmpegProcess | null = null;
  #isClosed = false;

  constructor(options: AssetKeeperOptions) {
    this.#options = options;
    this.#ready = this.#find().catch((error: unknown) => options.log.error({ err: error }, "the assets of former runs could not be read"));
  }

  /** A run is here: what is unfinished of it waits for it. */
  begin(runId: string | null): void {
    if (runId !== null) this.#present.add(runId);
  }

  /** A run has ended, or left; what it did not go on with is finished, at once or after a while. */
  leave(runId: string | null, end: RunnerEnd): void {
    if (runId === null) return;
    this.#present.delete(runId);
    for (const [folder, timer] of [...this.#waiting]) {
      if (folder.marker.runId !== runId) continue;
      clearTimeout(timer);
      this.#waiting.delete(folder);
      if (end === "ENDED") void this.#conclude(folder);
      else this.#await(folder);
    }
  }

  /** What this run of the process goes on with, or a new asset; null when everything that was wanted is recorded. */
  async open(owner: AssetOwner): Promise<ArchiveFolder | null> {
    await this.#ready;
    for (const [folder, timer] of this.#waiting) {
      const { runId, processId } = folder.marker;
      if (runId !== owner.runId || processId !== owner.processId) continue;
      clearTimeout(timer);
      this.#waiting.delete(folder);
      this.#tell(folder.marker);
      return folder;
    }
    const recorded = this.#recorded.get(keyOf(owner)) ?? 0;
    const isRecording = owner.kind === "RECORDING" && owner.limitSeconds !== null;
    const limitSeconds = isRecording && owner.limitSeconds !== null ? owner.limitSeconds - recorded : owner.limitSeconds;
    if (isRecording && limitSeconds !== null && limitSeconds < 1) return null;
    return this.#create({ ...owner, limitSeconds });
  }

  async #create(owner: AssetOwner): Promise<ArchiveFolder> {
    const folder = await ArchiveFolder.create(this.#options.assetRoot, {
      ...owner,
      ...FILES[owner.kind],
      ...{ id: newIdentifier("asset"), createdAt: new Date().toISOString() },
      ...{ state: "OPEN", reason: null, bytes: 0, durationSeconds: 0, droppedSeconds: 0, captionsFileName: null, waitsForRoom: false },
    });
    this.#tell(folder.marker);
    return folder;
  }

  /** Its run has ended, or left this encoder. Resolves once that is written down, not when the asset is whole. */
  async release(folder: ArchiveFolder, end: RunnerEnd): Promise<void> {
    if (end === "ENDED") return this.#conclude(folder);
    await this.#mark(folder, {});
    this.#await(folder);
  }

  /** Tells how large it is by now. */
  noteGrowth(folder: ArchiveFolder): void {
    void this.#mark(folder, {});
  }

  /** Finishes nothing any more; what is unfinished is found at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of [...this.#waiting.values(), ...this.#timers]) clearTimeout(timer);
    this.#child?.kill();
    await Promise.all([this.#ready, this.#finishing]);
  }

  async #find(): Promise<void> {
    const { assetRoot } = this.#options;
    await mkdir(assetRoot, { recursive: true });
    for (const name of await readdir(assetRoot)) {
      const directory = join(assetRoot, name);
      const marker = await readMarker(directory);
      // A clip that is not whole is made anew by whoever makes clips.
      if (marker?.kind === "CLIP" && marker.state === "READY") this.#tell(marker);
      if (!marker || (marker.kind !== "RECORDING" && marker.kind !== "REPLAY")) continue;
      if (marker.state === "READY") await this.#tellWhole(directory, marker);
      else await this.#findUnfinished(directory);
    }
  }

  async #tellWhole(directory: string, marker: AssetMarker): Promise<void> {
    this.#count(marker);
    this.#tell(marker);
    if (marker.kind === "RECORDING") await removeParts(directory);
  }

  async #findUnfinished(directory: string): Promise<void> {
    try {
      const folder = await ArchiveFolder.load(directory);
      if (folder?.marker.state !== "OPEN") return folder ? await this.#conclude(folder) : undefined;
      this.#await(folder);
      this.#tell(folder.marker);
    } catch (error) {
      this.#options.log.error({ err: error, directory }, "an unfinished asset could not be read");
    }
  }

  #await(folder: ArchiveFolder): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(folder);
      if (this.#present.has(folder.marker.runId)) this.#await(folder);
      else void this.#conclude(folder);
    }, this.#options.graceMilliseconds ?? GRACE_MILLISECONDS);
    this.#waiting.set(folder, timer.unref());
  }

  /** Nothing is added any more: a replay is whole then, a recording has to be finished. */
  async #conclude(folder: ArchiveFolder): Promise<void> {
    try {
      await folder.end();
    } catch (error) {
      if (await folder.isThere()) this.#later(() => this.#conclude(folder), FULL_DISK_MILLISECONDS, error);
      return;
    }
    this.#count(folder.marker);
    if (folder.lastNumber === 0) return this.#mark(folder, { state: "FAILED", reason: "No media came before it ended." });
    if (folder.marker.kind === "REPLAY") return this.#mark(folder, { state: "READY", reason: null });
    this.#tell(folder.marker);
    this.#enqueue(folder, 0);
  }

  #enqueue(folder: ArchiveFolder, attempt: number): void {
    this.#finishing = this.#finishing.then(() => this.#finish(folder, attempt));
  }

  async #finish(folder: ArchiveFolder, attempt: number): Promise<void> {
    const { host, ffmpegPath, log } = this.#options;
    if (this.#isClosed || ffmpegPath === null || !(await folder.isThere())) return;
    if (!(await this.#hasRoomFor(folder))) {
      await this.#mark(folder, { reason: NO_ROOM, waitsForRoom: true });
      return this.#later(() => this.#enqueue(folder, attempt), this.#options.roomMilliseconds ?? FULL_DISK_MILLISECONDS);
    }
    // What it waited for is there.
    if (folder.marker.waitsForRoom) await this.#mark(folder, { reason: null, waitsForRoom: false });
    try {
      const onStart = (child: FfmpegProcess): void => {
        this.#child = child;
      };
      const made = await finishRecording(folder, { host, ffmpegPath, onStart });
      const captionBytes = await this.#makeCaptions(folder, made.durationSeconds, { host, ffmpegPath, onStart });
      const captions = captionBytes === null ? {} : { captionsFileName: CAPTIONS_FILE, bytes: made.bytes + captionBytes };
      await this.#mark(folder, { ...made, ...captions, state: "READY", reason: null });
      await removeParts(folder.directory);
    } catch (error) {
      if (this.#isClosed || !(await folder.isThere())) return;
      log.error({ err: error, assetId: folder.marker.id, attempt }, "a recording could not be finished");
      const delay = (this.#options.retryMilliseconds ?? RETRY_MILLISECONDS)[attempt];
      if (delay !== undefined) return this.#later(() => this.#enqueue(folder, attempt + 1), delay);
      const reason = error instanceof Error ? error.message : "The recording could not be finished.";
      await this.#mark(folder, { state: "FAILED", reason });
    } finally {
      this.#child = null;
    }
  }

  /** It is as large again while it is finished. */
  async #hasRoomFor({ marker }: ArchiveFolder): Promise<boolean> {
    const { storageLevel, hasRoomFor } = this.#options;
    if (storageLevel() === "FULL") return false;
    // Of a disk that cannot be asked nothing can be said: it is asked again.
    return (await hasRoomFor?.(marker.bytes).catch(() => false)) ?? true;
  }

  /** A recording is whole without them. */
  async #makeCaptions(folder: ArchiveFolder, durationSeconds: number, finishing: Finishing): Promise<number | null> {
    try {
      return await makeCaptions(folder, durationSeconds, finishing);
    } catch (error) {
      // Both are made anew at the next start.
      if (this.#isClosed) throw error;
      this.#options.log.error({ err: error, assetId: folder.marker.id }, "the captions of a recording could not be made a file");
      return null;
    }
  }

  #later(act: () => unknown, milliseconds: number, error?: unknown): void {
    if (error !== undefined) this.#options.log.error({ err: error }, "an asset could not be ended; tried again");
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds).unref();
    this.#timers.add(timer);
  }

  async #mark(folder: ArchiveFolder, changes: Partial<AssetMarker>): Promise<void> {
    await folder
      .mark(changes)
      .catch((error: unknown) => this.#options.log.error({ err: error }, "the marker of an asset could not be written"));
    this.#tell(folder.marker);
  }

  #count(marker: AssetMarker): void {
    this.#recorded.set(keyOf(marker), (this.#recorded.get(keyOf(marker)) ?? 0) + marker.durationSeconds);
  }

  #tell(marker: AssetMarker): void {
    this.#options.teller.tell(reportOf(marker));
  }
}

function keyOf({ runId, processId }: Pick<AssetMarker, "runId" | "processId">): string {
  return `${runId} ${processId ?? ""}`;
}
