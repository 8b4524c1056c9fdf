import { availableParallelism } from "node:os";
import type { Logger } from "../shared/log.ts";
import type { NetworkPolicy } from "../network/network-policy.ts";
import type { NetworkAccess } from "../network/connect.ts";
import { resolveAllowed, resolveAllowedUrl } from "../network/resolve.ts";
import type { AssetKeeper } from "./asset-keeper.ts";
import type { EncoderCapabilities } from "./capabilities.ts";
import type { DatagramReceiver } from "./datagram-receiver.ts";
import { DEFAULT_PRESETS, type EncoderPresets } from "./ffmpeg.arguments.ts";
import { pruneLiveDirectories } from "./live-directory.ts";
import { MediaSession, TICK_MILLISECONDS } from "./media-session.ts";
import { createPathSourceOpener, explainPushLack, NO_PUSH_DOORS, type PushDoors } from "./open-path-source.ts";
import { openProcessRecords } from "./process-record.ts";
import { createPulse } from "./pulse.ts";
import { typesOf, type Observation, type SessionLaunch, type SessionRunner, type StartRunner } from "./runner.ts";
import { openSocketDirectory } from "./socket-directory.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

export interface MediaRunnerOptions {
  readonly capabilities: EncoderCapabilities;
  /** HTTP outputs are written to `live/<path token>/` below it; the origin serves them from there. */
  readonly mediaRoot: string;
  /** Keeps recordings and replays. */
  readonly assets: AssetKeeper;
  readonly storageLevel: () => StorageLevel;
  /** FILE outputs are written below it, and never outside. */
  readonly fileRoot: string;
  /** Where started processes are written down; `reapLeftovers` reads it at the next start. Belongs to this agent alone. */
  readonly recordsDirectory: string;
  /** Where sockets that encoders write to stand; emptied at the start. Belongs to this agent alone. */
  readonly socketDirectory: string;
  /** Receives multicast and RTP. */
  readonly datagrams: DatagramReceiver;
  /** The address whose interface multicast is joined on; null leaves it to the system. */
  readonly multicastInterface: string | null;
  readonly networkPolicy: NetworkPolicy;
  /** The bytes of an uploaded picture; null when it is gone. */
  readonly readImage: (imageId: string) => Promise<Buffer | null>;
  /** Listen for inputs that are pushed; left out where nothing does. */
  readonly pushServers?: PushDoors;
  readonly log: Logger;
  /** Faster ones are for tests. */
  readonly presets?: EncoderPresets;
}

/** Runs sessions with this machine's ffmpeg. What it cannot run fails at once, with what is missing. */
export function createMediaRunner(options: MediaRunnerOptions): StartRunner {
  const { capabilities, datagrams, multicastInterface, networkPolicy, pushServers = NO_PUSH_DOORS } = options;
  const host = { setprivPath: capabilities.setprivPath, records: openProcessRecords(options.recordsDirectory, options.log) };
  pruneLiveDirectories(options.mediaRoot);
  const socketDirectory = openSocketDirectory(options.socketDirectory);
  const pulse = createPulse(TICK_MILLISECONDS);
  const access: NetworkAccess = { resolve: (host) => resolveAllowed(host, networkPolicy) };
  return (launch, observe) => {
    const log = options.log.child({ sessionId: launch.sessionId, epoch: launch.epoch });
    const tell = (observation: Observation): void => {
      log.info({ status: observation.status, health: observation.health, reason: observation.reason }, "the session was observed");
      observe(observation);
    };
    const { ffmpegPath, ffprobePath } = capabilities;
    const lack = explainLack(launch, capabilities) ?? explainPushLack(launch.input, pushServers);
    if (lack !== null || ffmpegPath === null || ffprobePath === null) return failed(launch, tell, lack ?? "There is no ffmpeg here.");
    return new MediaSession({
      launch,
      observe: tell,
      host,
      ffmpegPath,
      ffprobePath,
      mediaRoot: options.mediaRoot,
      assets: options.assets,
      storageLevel: options.storageLevel,
      fileRoot: options.fileRoot,
      socketDirectory,
      multicastInterface,
      readImage: options.readImage,
      openPathSource: createPathSourceOpener({ host, ffmpegPath, datagrams, multicastInterface, access, pushServers }),
      presets: options.presets ?? DEFAULT_PRESETS,
      coreCount: availableParallelism(),
      pulse,
      resolve: (url) => resolveAllowedUrl(url, networkPolicy),
      log,
    });
  };
}

/** What of a session cannot be run here, as a sentence; null when all of it can. */
function explainLack(launch: SessionLaunch, capabilities: EncoderCapabilities): string | null {
  const why = capabilities.missing.length === 0 ? "" : ` ${capabilities.missing.join(" ")}`;
  const types = typesOf(launch.input);
  if (!types.some((type) => capabilities.supportedInputs.includes(type))) {
    return `This encoder cannot run inputs of the type ${types.join(" or ")}.${why}`;
  }
  const output = launch.outputs.find((candidate) => !capabilities.supportedOutputs.includes(candidate.type));
  if (output) return `This encoder cannot run outputs of the type ${output.type}.${why}`;
  if (launch.outputs.length === 0) return "The session has no playback.";
  for (const rendition of launch.outputs.flatMap(({ renditions }) => renditions)) {
    if (rendition.isPassthrough) continue;
    const { videoCodec, audioCodec } = rendition;
    if (!capabilities.supportedVideoCodecs.includes(videoCodec)) return `This encoder cannot encode ${videoCodec}.${why}`;
    if (!capabilities.supportedAudioCodecs.includes(audioCodec)) return `This encoder cannot encode ${audioCodec}.${why}`;
  }
  return null;
}

function failed(launch: SessionLaunch, observe: (observation: Observation) => void, reason: string): SessionRunner {
  const what = { status: "FAILED", health: "ERROR", reason } as const;
  queueMicrotask(() => observe({ ...what, playbacks: launch.outputs.map(({ playbackId }) => ({ playbackId, ...what })) }));
  return { stop: () => Promise.resolve(), control: () => undefined, telemetry: () => null };
}
