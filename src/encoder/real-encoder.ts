import { join } from "node:path";
import type { Logger } from "../shared/log.ts";
import { AssetKeeper } from "./asset-keeper.ts";
import type { AssetTeller } from "./asset-teller.ts";
import type { ClipTools } from "./clip-maker.ts";
import { findCapabilities, type FindCapabilitiesOptions } from "./capabilities.ts";
import type { IngestAddresses, SupportedTypes } from "./encoder.rules.ts";
import { createDatagramReceiver } from "./datagram-receiver.ts";
import { createMediaRunner, type MediaRunnerOptions } from "./media-runner.ts";
import { openProcessRecords, reapLeftovers } from "./process-record.ts";
import { openPushServers, usablePushServers, withPushServers, type PushServersOptions } from "./push-servers.ts";
import type { StartRunner } from "./runner.ts";
import type { StorageWatch } from "./storage-watch.ts";

export interface RealEncoderOptions
  extends
    PushServersOptions,
    FindCapabilitiesOptions,
    Pick<MediaRunnerOptions, "mediaRoot" | "fileRoot" | "multicastInterface" | "networkPolicy" | "readImage" | "storageLevel"> {
  /** Of this agent alone. */
  readonly directory: string;
  readonly assetTeller: AssetTeller;
  readonly hasRoomFor: StorageWatch["hasRoomFor"];
  readonly log: Logger;
}

/** What runs media on this machine, before it is registered. */
export interface RealEncoder {
  readonly runner: StartRunner;
  readonly capabilities: SupportedTypes;
  readonly ingestAddresses: IngestAddresses;
  readonly clipTools: ClipTools;
  /** Once no session runs any more. */
  readonly close: () => Promise<void>;
}

/** Ends what a killed run left, finds out what this machine can do, and opens all that its sessions share. */
export async function openRealEncoder(options: RealEncoderOptions): Promise<RealEncoder> {
  const { directory, log, assetTeller, storageLevel, hasRoomFor } = options;
  const recordsDirectory = join(directory, "processes");
  const reaped = reapLeftovers(recordsDirectory);
  if (reaped.length > 0) log.warn({ pids: reaped }, "processes that a killed run had left were ended");
  const pushServers = await openPushServers(options);
  const capabilities = withPushServers(await findCapabilities(options), pushServers);
  const { addresses, ...doors } = usablePushServers(pushServers, capabilities);
  for (const sentence of capabilities.missing) log.warn(sentence);
  const { ffmpegPath, setprivPath } = capabilities;
  if (ffmpegPath !== null && setprivPath === null)
    log.info("each ffmpeg has a shell for a watchdog, since no setpriv was found that ties a process to its parent");
  const host = { setprivPath, records: openProcessRecords(recordsDirectory, log) };
  const tools = { host, ffmpegPath, storageLevel, hasRoomFor };
  const assets = new AssetKeeper({ ...tools, assetRoot: join(directory, "assets"), teller: assetTeller, log });
  const socketDirectory = join(directory, "sockets");
  const datagrams = createDatagramReceiver({ log });
  return {
    runner: createMediaRunner({ ...options, capabilities, assets, recordsDirectory, socketDirectory, pushServers: doors, datagrams }),
    capabilities,
    ingestAddresses: addresses,
    clipTools: tools,
    async close() {
      await Promise.all([pushServers.close(), assets.close(), datagrams.close()]);
    },
  };
}
