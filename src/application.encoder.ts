import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createAssetTeller, type AssetTeller } from "./encoder/asset-teller.ts";
import type { ClipTools } from "./encoder/clip-maker.ts";
import { claimEncoderIdentity, type EncoderIdentity } from "./encoder/encoder-identity.ts";
import type { IngestAddresses, SupportedTypes } from "./encoder/encoder.rules.ts";
import { openRealEncoder } from "./encoder/real-encoder.ts";
import type { StartRunner } from "./encoder/runner.ts";
import { createSimulatedRunner, SIMULATED_CAPABILITIES } from "./encoder/simulator.ts";
import { openStorageWatch } from "./encoder/storage-watch.ts";
import { networkPolicyOf } from "./environment.settings.ts";
import { readImageBytes } from "./images/image.store.ts";
import type { Closers, Installation } from "./application.installation.ts";

/** FILE outputs are written below it. */
const RECORDINGS_DIRECTORY = "recordings";
/** A copying session takes 0.3 s of a core to begin, within 2.6 s: so many at a time leave two thirds of each core to those that run. */
const STARTS_PER_CORE = 3;

/** Runs sessions: really, as many as the environment says, or as if. */
export type WantedEncoder = { readonly kind: "REAL" } | { readonly kind: "SIMULATED"; readonly capacity: number };

/** An encoder that is not registered yet. */
export interface PreparedEncoder {
  readonly identity: EncoderIdentity;
  readonly runner: StartRunner;
  /** What its runners tell of assets. */
  readonly assets: AssetTeller;
  /** Null of one that only does as if. */
  readonly clipTools: ClipTools | null;
  readonly capabilities: SupportedTypes;
  readonly capacity: number;
  /** How many sessions begin at a time. */
  readonly startLimit: number;
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
      assets: createAssetTeller(),
      clipTools: null,
      isSimulated: true,
      ingestAddresses: {},
      capacity: encoder.capacity,
      startLimit: Infinity,
      runner: createSimulatedRunner(),
      capabilities: SIMULATED_CAPABILITIES,
    };
  }
  const assetTeller = createAssetTeller();
  const storage = await openStorageWatch({ directory: identity.directory, log });
  closers.push({ stage: "databases", close: () => storage.close() });
  const media = await openRealEncoder({
    ...environment,
    directory: identity.directory,
    mediaRoot,
    fileRoot: join(dataDirectory, RECORDINGS_DIRECTORY),
    networkPolicy: networkPolicyOf(environment),
    assetTeller,
    storageLevel: storage.level,
    hasRoomFor: storage.hasRoomFor,
    readImage: (imageId) => readImageBytes(database.executor, imageId),
    log,
  });
  closers.push({ stage: "workers", close: () => media.close() });
  const startLimit = STARTS_PER_CORE * availableParallelism();
  return { ...common, ...media, assets: assetTeller, isSimulated: false, capacity: environment.encoderCapacity, startLimit };
}
