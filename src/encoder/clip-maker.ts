import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BELL_CHANNEL } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import { segmentName, type ArchivePlaylist } from "./archive-playlist.rules.ts";
import { readMarker, reportOf, writeMarker, type AssetMarker } from "./asset-marker.ts";
import type { AssetReport, AssetTeller } from "./asset-teller.ts";
import { noteClipAttempt, readClipOrders, type ClipOrder } from "./clip-order.store.ts";
import { gatherParts, type GatheredParts } from "./clip-parts.ts";
import { NO_PARTS } from "./clip-source.ts";
import { cutClip } from "./cut-clip.ts";
import type { FfmpegProcess, ProcessHost } from "./ffmpeg.process.ts";
import { removeParts } from "./finish-recording.ts";
import type { Storage } from "../storage/storage.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

/** What clips are made with. */
export interface ClipTools {
  readonly host: ProcessHost;
  /** Null where there is none: every clip then fails. */
  readonly ffmpegPath: string | null;
  readonly storageLevel: () => StorageLevel;
  /** Whether so many bytes can be written without taking what live outputs need. */
  readonly hasRoomFor: (bytes: number) => Promise<boolean>;
}

export interface ClipMakerOptions extends ClipTools {
  readonly database: Database;
  readonly log: Logger;
  /** Each asset has a directory of its own below it, replays and clips alike. */
  readonly assetRoot: string;
  readonly encoderId: () => string;
  readonly teller: Pick<AssetTeller, "tell">;
  /** Where replays may be by now; null where none is configured. */
  readonly objectStore: Storage | null;
  /** Shorter for tests, as those that follow. */
  readonly waitSeconds?: number;
  readonly retryMilliseconds?: readonly number[];
  readonly stallMilliseconds?: number;
}

export interface ClipMaker {
  /** Leaves what it is at to a later start. */
  readonly close: () => Promise<void>;
}

/** The bell wakes it; this is for one that was not heard. */
const EVERY_MILLISECONDS = 5_000;
const PAUSE_MILLISECONDS = 250;
/** So long the end of a clip is waited for that its replay has not come to. */
const WAIT_SECONDS = 60;
/** From one attempt to the next. After the last one it has failed, whatever ended them, the encoder's own death among it. */
const RETRY_MILLISECONDS = [1_000, 5_000, 30_000];

/** How often it is looked whether one that is being made still may be. */
const ROOM_MILLISECONDS = 500;
const NO_ROOM =
  "There is nearly no room left on the encoder's disk. Delete assets that are no longer needed, or ask for the clip again when there is room.";

/**
 * Makes the clips that an encoder is asked for, one at a time, the oldest first:
 *
 *   asked for → its parts are kept, as soon as they are there → made → READY, or FAILED with the reason
 *
 * What was under way when the encoder was ended or killed is begun anew at its next start.
 */
export async function startClipMaker(options: ClipMakerOptions): Promise<ClipMaker> {
  const maker = new Maker(options);
  const wake = (): void => maker.loop.wake();
  const endListening = await options.database.listen(BELL_CHANNEL, { onNotification: wake, onListening: wake });
  return {
    async close() {
      await Promise.all([endListening(), maker.close()]);
    },
  };
}

class Maker {
  readonly #options: ClipMakerOptions;
  readonly loop: Loop;
  /** What was told of, until the database has taken it. */
  readonly #settled = new Set<string>();
  /** When they were first seen, by `performance.now()`. */
  readonly #seenAt = new Map<string, number>();
  /** When the next attempt may be, by the same. */
  readonly #notBefore = new Map<string, number>();
  #current: string | null = null;
  #making: Promise<void> | null = null;
  #child: FfmpegProcess | null = null;
  #isClosed = false;

  constructor(options: ClipMakerOptions) {
    this.#options = options;
    this.loop = startLoop({
      everyMilliseconds: EVERY_MILLISECONDS,
      pauseMilliseconds: PAUSE_MILLISECONDS,
      work: () => this.#look(),
      onError: (error, failures) => failures === 1 && options.log.warn({ err: error }, "clips could not be looked after; tried again"),
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child?.kill();
    await this.loop.close();
    await this.#making;
  }

  async #look(): Promise<void> {
    const { database, encoderId } = this.#options;
    const orders = await readClipOrders(database.executor, encoderId());
    const ids = new Set(orders.map(({ report }) => report.id));
    for (const id of [...this.#settled]) if (!ids.has(id)) this.#settled.delete(id);
    for (const order of orders) {
      if (this.#isClosed) return;
      if (!this.#settled.has(order.report.id) && this.#current !== order.report.id) await this.#prepare(order);
    }
  }

  async #prepare(order: ClipOrder): Promise<void> {
    const { assetRoot, objectStore, database, storageLevel, hasRoomFor, ffmpegPath, waitSeconds = WAIT_SECONDS } = this.#options;
    const { id } = order.report;
    const marker = await readMarker(join(assetRoot, id));
    if (marker?.state === "READY") return this.#tell(reportOf(marker));
    if (ffmpegPath === null) return this.#fail(order, "There is no ffmpeg on the machine of the encoder.");
    if (storageLevel() !== "PLENTY") return this.#fail(order, NO_ROOM);
    const { parts, state } = await gatherParts({ assetRoot, objectStore }, order).catch((error: unknown) =>
      this.#noteTrouble(order, error),
    );
    if (state.state === "IMPOSSIBLE") return this.#fail(order, state.reason);
    const now = performance.now();
    const seenAt = this.#seenAt.get(id) ?? now;
    this.#seenAt.set(id, seenAt);
    if (state.state === "WAITING") return now - seenAt > waitSeconds * 1_000 ? this.#fail(order, state.reason) : undefined;
    if (this.#making || now < (this.#notBefore.get(id) ?? 0)) return;
    const attempts = this.#options.retryMilliseconds ?? RETRY_MILLISECONDS;
    if (order.attempts > attempts.length) return this.#fail(order, `It could not be made in ${order.attempts} attempts.`);
    if (!(await hasRoomFor(await bytesOf(join(assetRoot, id), parts)))) return this.#fail(order, NO_ROOM);
    await noteClipAttempt(database.executor, id);
    this.#current = id;
    this.#making = this.#make(order, parts, ffmpegPath).finally(() => {
      this.#making = null;
      this.#current = null;
      this.#child = null;
      this.loop.wake();
    });
  }

  /** The disk may be full or not there, the object store may be away; it is looked at again. */
  #noteTrouble({ report }: ClipOrder, error: unknown): GatheredParts {
    this.#options.log.error({ err: error, assetId: report.id }, "what a clip is made of could not be kept");
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return {
      parts: NO_PARTS,
      state: { state: "WAITING", reason: `What it is made of cannot be read or kept on the machine of its encoder${code}.` },
    };
  }

  async #make(order: ClipOrder, parts: ArchivePlaylist, ffmpegPath: string): Promise<void> {
    const { assetRoot, host, stallMilliseconds } = this.#options;
    const { report } = order;
    const directory = join(assetRoot, report.id);
    let hasRoom = true;
    const watch = setInterval(() => {
      hasRoom &&= this.#options.storageLevel() === "PLENTY";
      if (!hasRoom) this.#child?.kill();
    }, ROOM_MILLISECONDS);
    try {
      const onStart = (child: FfmpegProcess): void => {
        this.#child = child;
        if (this.#isClosed) child.kill();
      };
      const wanted = { ...order, directory, parts, fileName: report.fileName, createdAt: report.createdAt };
      const made = await cutClip(wanted, { host, ffmpegPath, onStart, ...(stallMilliseconds === undefined ? {} : { stallMilliseconds }) });
      await this.#finish(directory, { ...report, ...made, status: "READY" });
    } catch (error) {
      if (this.#isClosed) return;
      await (hasRoom ? this.#noteFailure(order, error) : this.#fail(order, NO_ROOM));
    } finally {
      clearInterval(watch);
    }
  }

  async #finish(directory: string, report: AssetReport): Promise<void> {
    const { bytes, durationSeconds } = report;
    const marker: AssetMarker = {
      ...report,
      ...{ playbackId: "", renditionId: "", limitSeconds: null, isIndependent: false, state: "READY" },
      ...{ bytes: bytes ?? 0, durationSeconds: durationSeconds ?? 0 },
    };
    await writeMarker(directory, marker);
    // First: whoever moves what is whole finds nothing else there.
    await removeParts(directory);
    this.#tell(reportOf(marker));
  }

  async #noteFailure(order: ClipOrder, error: unknown): Promise<void> {
    const { retryMilliseconds = RETRY_MILLISECONDS, log } = this.#options;
    const { id } = order.report;
    log.error({ err: error, assetId: id, attempt: order.attempts }, "a clip could not be made");
    const delay = retryMilliseconds[order.attempts];
    if (delay !== undefined) {
      this.#notBefore.set(id, performance.now() + delay);
      setTimeout(() => this.loop.wake(), delay).unref();
      return;
    }
    await this.#fail(order, error instanceof Error ? error.message : "The clip could not be made.");
  }

  /** Nothing is kept of it. */
  async #fail({ report }: ClipOrder, reason: string): Promise<void> {
    await rm(join(this.#options.assetRoot, report.id), { recursive: true, force: true, maxRetries: 3 });
    this.#tell({ ...report, status: "FAILED", reason });
  }

  #tell(report: AssetReport): void {
    this.#notBefore.delete(report.id);
    this.#seenAt.delete(report.id);
    this.#settled.add(report.id);
    this.#options.teller.tell(report);
  }
}

/** About as much as a clip of these parts takes. */
async function bytesOf(directory: string, { segments }: ArchivePlaylist): Promise<number> {
  const sizes = await Promise.all(segments.map(async ({ number }) => (await stat(join(directory, segmentName(number)))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
