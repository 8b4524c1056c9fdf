import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { AssetKeeper, type AssetKeeperOptions } from "../../src/encoder/asset-keeper.ts";
import type { AssetReport, AssetTeller } from "../../src/encoder/asset-teller.ts";
import type { EncoderPresets } from "../../src/encoder/ffmpeg.arguments.ts";
import { createDatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { createMediaRunner } from "../../src/encoder/media-runner.ts";
import type { MediaSession } from "../../src/encoder/media-session.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import type { StorageLevel } from "../../src/encoder/storage-level.rules.ts";
import { NO_CONTROLS, type Observation, type OutputLaunch, type SessionLaunch } from "../../src/encoder/runner.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import type { RenditionSettings } from "../../src/templates/template.rules.ts";
import { eventually, mediaCapabilities, serveOrigin } from "../support/media.ts";

export function rendition(settings: Partial<Extract<RenditionSettings, { isPassthrough: false }>> = {}): RenditionSettings {
  return {
    ...{ id: "rendition_1", name: "180p", isPassthrough: false, videoCodec: "H264", width: 320, height: 180 },
    ...{ videoBitrateKbps: 300, frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
    ...settings,
  };
}

export const passthrough: RenditionSettings = { id: "rendition_p", name: "Source", isPassthrough: true };

export function httpOutput(settings: Partial<OutputLaunch> = {}): OutputLaunch {
  return {
    ...{
      playbackId: "playback_http",
      name: "Web",
      type: "HTTP",
      renditions: [rendition()],
      urls: [],
      hlsEnabled: true,
      dashEnabled: false,
    },
    ...{ fileFormat: null, maxFileDurationSeconds: null, serviceProvider: null, programNumber: null, pathToken: randomToken(26) },
    ...settings,
  };
}

export function fileOutput(settings: Partial<OutputLaunch> = {}): OutputLaunch {
  return httpOutput({
    playbackId: "playback_file",
    name: "File",
    type: "FILE",
    urls: ["show/evening"],
    hlsEnabled: false,
    fileFormat: "MKV",
    ...settings,
  });
}

let launchNumber = 0;

export function launchOf(input: Partial<SessionLaunch["input"]>, outputs: readonly OutputLaunch[], generation = 1): SessionLaunch {
  launchNumber += 1;
  return {
    organizationId: "organization_1",
    sessionId: `session_${launchNumber}`,
    epoch: 1,
    generation,
    runId: `run_${launchNumber}`,
    name: `Test ${launchNumber}`,
    labels: [],
    input: {
      type: "MULTICAST_PULL",
      urlA: null,
      urlB: null,
      failover: null,
      streamKey: null,
      srtPassphrase: null,
      hlsScte35PassthroughEnabled: false,
      streamRemap: [],
      ...input,
    },
    slate: { isShownOnLoss: false, imageId: null },
    controls: NO_CONTROLS,
    outputs,
    processes: [],
  };
}

export interface RunningSession {
  readonly session: MediaSession;
  readonly observations: readonly Observation[];
  readonly last: () => Observation;
  /** When it was told, by `performance.now()`, however late a test looks. */
  readonly observedAt: (observation: Observation) => number;
  /** Resolves with the first observation from now on, or the one that holds, that fits. */
  readonly until: (what: string, fits: (observation: Observation) => boolean, milliseconds?: number) => Promise<Observation>;
}

/** Keeps assets below a directory, without a word and without ffmpeg unless that is given. */
export function keepAssets(root: string, options: Partial<AssetKeeperOptions> = {}): AssetKeeper {
  return new AssetKeeper({
    assetRoot: join(root, "assets"),
    teller: { tell: () => undefined },
    host: { setprivPath: null, records: openProcessRecords(join(root, "processes")) },
    ffmpegPath: null,
    storageLevel: () => "PLENTY",
    log: pino({ level: "silent" }),
    ...options,
  });
}

export interface MediaBenchOptions {
  readonly images?: ReadonlyMap<string, Buffer>;
  /** Left out: one of its own. */
  readonly root?: string;
  readonly graceMilliseconds?: number;
  readonly retryMilliseconds?: readonly number[];
  /** What recordings are finished with; left out, that of this machine. */
  readonly finisherPath?: string;
  /** Left out: the fastest there are. */
  readonly presets?: EncoderPresets;
  /** Hears what is told of assets as well. */
  readonly teller?: Pick<AssetTeller, "tell">;
}

/** A media runner in directories of its own, and an origin that serves what it writes. */
export async function openMediaBench({ images = new Map(), ...options }: MediaBenchOptions = {}) {
  const root = options.root ?? mkdtempSync(join(tmpdir(), "headend media [a|b] %d 'q' -"));
  const capabilities = await mediaCapabilities();
  const told = new Map<string, AssetReport>();
  const storage: { level: StorageLevel; hasRoom: boolean } = { level: "PLENTY", hasRoom: true };
  const log = pino({ level: "silent" });
  const assets = keepAssets(root, {
    teller: {
      tell(report) {
        told.set(report.id, report);
        options.teller?.tell(report);
      },
    },
    host: { setprivPath: capabilities.setprivPath, records: openProcessRecords(join(root, "processes")) },
    ffmpegPath: options.finisherPath ?? capabilities.ffmpegPath,
    storageLevel: () => storage.level,
    hasRoomFor: () => Promise.resolve(storage.hasRoom),
    roomMilliseconds: 200,
    ...(options.graceMilliseconds === undefined ? {} : { graceMilliseconds: options.graceMilliseconds }),
    ...(options.retryMilliseconds === undefined ? {} : { retryMilliseconds: options.retryMilliseconds }),
  });
  const datagrams = createDatagramReceiver({ log });
  const startRunner = createMediaRunner({
    capabilities,
    datagrams,
    assets,
    storageLevel: () => storage.level,
    mediaRoot: join(root, "media"),
    fileRoot: join(root, "files"),
    recordsDirectory: join(root, "processes"),
    socketDirectory: join(root, "sockets"),
    multicastInterface: "127.0.0.1",
    networkPolicy: { allowedNetworks: ["127.0.0.0/8"] },
    readImage: (imageId) => Promise.resolve(images.get(imageId) ?? null),
    log,
    presets: options.presets ?? { h264: "ultrafast", h265: "ultrafast", av1: "12" },
  });
  const origin = await serveOrigin(join(root, "media"));
  const running: MediaSession[] = [];

  function start(launch: SessionLaunch): RunningSession {
    const observations: Observation[] = [];
    const times = new Map<Observation, number>();
    const session = startRunner(launch, (observation) => {
      times.set(observation, performance.now());
      observations.push(observation);
    }) as MediaSession;
    running.push(session);
    const last = (): Observation => observations.at(-1) ?? { status: "STARTING", health: "OK", reason: null, playbacks: [] };
    return {
      session,
      observations,
      last,
      observedAt: (observation) => times.get(observation) ?? 0,
      until: (what, fits, milliseconds) =>
        eventually(
          what,
          () => {
            const observation = last();
            if (fits(observation)) return observation;
            throw new Error(JSON.stringify(observation));
          },
          milliseconds,
        ),
    };
  }

  return {
    root,
    url: origin.url,
    capabilities,
    /** For whoever starts sessions, and ends them, by itself. */
    startRunner,
    start,
    /** What was last told of each asset, by its identifier. */
    told,
    /** May be set. */
    storage,
    async close() {
      await Promise.all(running.map((session) => session.stop()));
      await Promise.all([assets.close(), datagrams.close()]);
      await origin.close();
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}
