import { join } from "node:path";
import { findCapabilities } from "./encoder/capabilities.ts";
import { claimEncoderIdentity, type EncoderIdentity } from "./encoder/encoder-identity.ts";
import type { IngestAddresses, SupportedTypes } from "./encoder/encoder.rules.ts";
import { createMediaRunner } from "./encoder/media-runner.ts";
import { reapLeftovers } from "./encoder/process-record.ts";
import { openPushServers, withPushServers } from "./encoder/push-servers.ts";
import type { StartRunner } from "./encoder/runner.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "./encoder/simulator.ts";
import { networkPolicyOf } from "./environment.settings.ts";
import { readImageBytes } from "./images/image.store.ts";
import type { Closers, Installation } from "./application.installation.ts";

/** FILE outputs are written below it. */
const RECORDINGS_DIRECTORY = "recordings";

/** Runs sessions: really, as many as the environment says, or as if. */
export type WantedEncoder = { readonly kind: "REAL" } | { readonly kind: "SIMULATED"; readonly capacity: number };

/** An encoder that is not registered yet. */
export interface PreparedEncoder {
  readonly identity: EncoderIdentity;
  readonly runner: StartRunner;
  readonly capabilities: SupportedTypes;
  readonly capacity: number;
  readonly isSimulated: boolean;
  /** Where its outputs are for players, and its thumbnails and motion clips. */
  readonly mediaRoot: string;
  /** Where its assets are, each in a directory of its own. */
  readonly assetRoot: string;
  /** Where senders push to. */
  readonly ingestAddresses: IngestAddresses;
  /** Its id by now: it takes another one when it finds that a copy of it runs elsewhere. */
  currentId: () => string;
}

export async function prepareEncoder(
  { environment, log, database }: Installation,
  encoder: WantedEncoder,
  closers: Closers,
): Promise<PreparedEncoder> {
  const { dataDirectory } = environment;
  const identity = await claimEncoderIdentity(dataDirectory);
  closers.push({ stage: "databases", close: () => identity.release() });
  const mediaRoot = join(identity.directory, "media");
  const common = { identity, mediaRoot, assetRoot: join(identity.directory, "assets"), currentId: () => identity.encoderId };
  if (encoder.kind === "SIMULATED") {
    return {
      ...common,
      isSimulated: true,
      ingestAddresses: {},
      capacity: encoder.capacity,
      runner: createSimulatedRunner(),
      capabilities: SIMULATED_CAPABILITIES,
    };
  }
  const recordsDirectory = join(identity.directory, "processes");
  const reaped = reapLeftovers(recordsDirectory);
  if (reaped.length > 0) log.warn({ pids: reaped }, "processes that a killed run had left were ended");
  const { ffmpegPath, searchPath, multicastInterface } = environment;
  const pushServers = await openPushServers({ ...environment, log });
  closers.push({ stage: "workers", close: () => pushServers.close() });
  const capabilities = withPushServers(await findCapabilities({ ffmpegPath, searchPath }), pushServers);
  for (const sentence of capabilities.missing) log.warn(sentence);
  const runner = createMediaRunner({
    capabilities,
    mediaRoot,
    fileRoot: join(dataDirectory, RECORDINGS_DIRECTORY),
    recordsDirectory,
    socketDirectory: join(identity.directory, "sockets"),
    multicastInterface,
    networkPolicy: networkPolicyOf(environment),
    pushServers,
    readImage: (imageId) => readImageBytes(database.executor, imageId),
    log,
  });
  return {
    ...common,
    isSimulated: false,
    ingestAddresses: pushServers.addresses,
    capacity: environment.encoderCapacity,
    runner,
    capabilities,
  };
}
