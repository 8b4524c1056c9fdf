import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createMediaRunner } from "../../src/encoder/media-runner.ts";
import type { MediaSession } from "../../src/encoder/media-session.ts";
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

/** A media runner in directories of its own, and an origin that serves what it writes. */
export async function openMediaBench({ images = new Map() }: { readonly images?: ReadonlyMap<string, Buffer> } = {}) {
  const root = mkdtempSync(join(tmpdir(), "headend media [a|b] %d 'q' -"));
  const capabilities = await mediaCapabilities();
  const startRunner = createMediaRunner({
    capabilities,
    mediaRoot: join(root, "media"),
    fileRoot: join(root, "files"),
    recordsDirectory: join(root, "processes"),
    socketDirectory: join(root, "sockets"),
    multicastInterface: "127.0.0.1",
    networkPolicy: { allowedNetworks: ["127.0.0.0/8"] },
    readImage: (imageId) => Promise.resolve(images.get(imageId) ?? null),
    log: pino({ level: "silent" }),
    presets: { h264: "ultrafast", h265: "ultrafast", av1: "12" },
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
    start,
    async close() {
      await Promise.all(running.map((session) => session.stop()));
      await origin.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
