import type { Readable } from "node:stream";
import type { Logger } from "../shared/log.ts";
import type { FoundCause } from "./alert-causes.rules.ts";
import { Archive } from "./archive.ts";
import type { ArchiveFolder } from "./archive-folder.ts";
import type { AssetKeeper, AssetOwner } from "./asset-keeper.ts";
import { CaptionReader } from "./caption-reader.ts";
import type { PictureCaptions } from "./captions.rules.ts";
import type { EncoderPlan } from "./encoder-plan.ts";
import type { EncoderRun } from "./encoder-run.ts";
import { describeProcess, processCauses, type ProcessFacts } from "./process-report.rules.ts";
import { isArchived } from "./process-plan.rules.ts";
import type { ProcessLaunch, ProcessObservation, RunnerEnd, SessionLaunch } from "./runner.ts";
import { StillMaker } from "./still-maker.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

export interface SessionProcessesOptions {
  readonly launch: SessionLaunch;
  readonly mediaRoot: string;
  readonly assets: AssetKeeper;
  readonly storageLevel: () => StorageLevel;
  readonly log: Logger;
}

/** An encoder that made nothing for so long makes nothing now. */
const ADVANCE_MILLISECONDS = 4_000;

/**
 * The recordings, replays, thumbnails and motion clips of one session. All of them come out of its encoder process, each through a pipe
 * of its own, so that whatever becomes of their files, the encoder and its outputs never wait for them nor fail with them.
 */
export class SessionProcesses {
  readonly #options: SessionProcessesOptions;
  /** By playback and rendition. */
  readonly #archives: ReadonlyMap<string, Archive>;
  readonly #stills: ReadonlyMap<string, StillMaker>;
  #failures: ReadonlyMap<string, string> = new Map();
  #run: EncoderRun | null = null;
  #ended: Promise<void> | null = null;

  constructor(options: SessionProcessesOptions) {
    const { launch, mediaRoot, assets, storageLevel, log } = options;
    this.#options = options;
    assets.begin(launch.runId);
    const archived = launch.processes.filter(isArchived);
    this.#archives = new Map(archived.map((process) => [keyOf(process), this.#openArchive(process)]));
    this.#stills = new Map(
      launch.processes
        .filter((process) => !isArchived(process))
        .map((process) => [
          process.processId,
          new StillMaker({ process, mediaRoot, isStorageLow: () => storageLevel() !== "PLENTY", log }),
        ]),
    );
  }

  get launched(): readonly ProcessLaunch[] {
    return this.#options.launch.processes;
  }

  /** Takes what this encoder process makes for them. */
  follow({ tees, processes: { stills, captions, failures } }: EncoderPlan, run: EncoderRun): void {
    this.#run = run;
    this.#failures = failures;
    for (const archive of tees.flatMap(({ archives }) => archives)) {
      const tap = run.taps[archive.tap];
      const key = keyOf({ playbackId: archive.playbackId, renditionId: archive.rendition.id });
      if (tap) this.#archives.get(key)?.follow(tap);
    }
    const captionsTap = captions && run.taps[captions.tap];
    if (captionsTap) this.#followCaptions(captionsTap);
    for (const still of stills) {
      const tap = run.taps[still.tap];
      const makers = still.processIds.flatMap((id) => this.#stills.get(id) ?? []);
      if (tap) StillMaker.follow(tap, still, makers);
    }
  }

  #followCaptions(tap: Readable): void {
    const reader = new CaptionReader();
    const hand = (captions: readonly PictureCaptions[]): void => this.#archives.forEach((archive) => archive.takeCaptions(captions));
    let isBroken = false;
    tap.on("data", (chunk: Buffer) => {
      if (isBroken) return;
      try {
        hand(reader.push(chunk));
      } catch (error) {
        isBroken = true;
        this.#options.log.warn({ err: error }, "the captions of an input cannot be read");
      }
    });
    tap.on("end", () => !isBroken && hand(reader.end()));
    tap.on("error", () => undefined);
  }

  /** What each of them does now, by the session's clock. */
  observations(now: number): readonly ProcessObservation[] {
    return this.#options.launch.processes.map((process) => describeProcess(this.#factsOf(process, now)));
  }

  /** What is wrong with them. */
  causes(now: number): readonly FoundCause[] {
    return processCauses(
      this.#options.launch.processes.map((process) => this.#factsOf(process, now)),
      this.#options.storageLevel(),
    );
  }

  /** Resolves once everything that came is written, and the keeper has what is to be finished. The encoder has to be gone. */
  async close(end: RunnerEnd): Promise<void> {
    this.#ended ??= this.#close(end);
    await this.#ended;
  }

  async #close(end: RunnerEnd): Promise<void> {
    const folders = await Promise.all([...this.#archives.values()].map((archive) => archive.close()));
    const { assets, launch } = this.#options;
    await Promise.all(folders.flat().map((folder) => assets.release(folder, end)));
    assets.leave(launch.runId, end);
    await Promise.all(Array.from(this.#stills.values(), (maker) => maker.settle()));
  }

  #factsOf(process: ProcessLaunch, now: number): ProcessFacts {
    const { advancedAt = null } = this.#run ?? {};
    const archive = this.#archives.get(keyOf(process));
    const maker = this.#stills.get(process.processId);
    return {
      process,
      now: performance.now(),
      isAdvancing: advancedAt !== null && now - advancedAt <= ADVANCE_MILLISECONDS,
      failure: this.#failures.get(process.processId) ?? null,
      storageLevel: this.#options.storageLevel(),
      archive: isArchived(process) && archive ? { ...archive.state, isComplete: archive.isComplete(process.processId) } : null,
      still: maker?.state ?? null,
    };
  }

  #openArchive(first: ProcessLaunch): Archive {
    const { launch, assets, storageLevel, log } = this.#options;
    const opened = new Map<string, ArchiveFolder | null>();
    const owners = launch.processes
      .filter((process) => isArchived(process) && keyOf(process) === keyOf(first))
      .map((process) => this.#ownerOf(process));
    return new Archive({
      openFolders: async () => {
        for (const owner of owners) {
          const key = owner.processId ?? "";
          if (!opened.has(key)) opened.set(key, await assets.open(owner));
        }
        return [...opened.values()].filter((folder) => folder !== null);
      },
      replaceFolder: async (folder) => {
        await assets.release(folder, "ENDED");
        const owner = owners.find(({ processId }) => processId === folder.marker.processId);
        return owner ? assets.open(owner) : null;
      },
      onFull: (folder) => void assets.release(folder, "ENDED"),
      onGrowth: (folder) => assets.noteGrowth(folder),
      isStorageFull: () => storageLevel() === "FULL",
      log,
    });
  }

  #ownerOf({ processId, kind, playbackId, renditionId, durationSeconds }: ProcessLaunch): AssetOwner {
    const { organizationId, sessionId, runId, outputs } = this.#options.launch;
    const output = outputs.find((candidate) => candidate.playbackId === playbackId);
    const rendition = output?.renditions.find(({ id }) => id === renditionId);
    return {
      ...{ organizationId, sessionId, runId: runId ?? "", processId, playbackId, renditionId },
      kind: kind === "RECORDING" ? "RECORDING" : "REPLAY",
      playbackName: output?.name ?? null,
      renditionName: rendition?.name ?? null,
      limitSeconds: durationSeconds,
      isIndependent: rendition?.isPassthrough === false,
    };
  }
}

function keyOf({ playbackId, renditionId }: Pick<ProcessLaunch, "playbackId" | "renditionId">): string {
  return `${playbackId} ${renditionId}`;
}
