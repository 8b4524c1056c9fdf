import type { Resolution } from "../network/resolve.ts";
import type { Logger } from "../shared/log.ts";
import type { AssetKeeper } from "./asset-keeper.ts";
import type { EncoderPresets } from "./ffmpeg.arguments.ts";
import type { ProcessHost } from "./ffmpeg.process.ts";
import type { OpenPathSource } from "./open-path-source.ts";
import type { Pulse } from "./pulse.ts";
import type { Observation, SessionLaunch } from "./runner.ts";
import type { StorageLevel } from "./storage-level.rules.ts";

export interface MediaSessionOptions {
  readonly launch: SessionLaunch;
  readonly observe: (observation: Observation) => void;
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly mediaRoot: string;
  readonly fileRoot: string;
  /** For sockets that the encoder writes to: of this agent alone. */
  readonly socketDirectory: string;
  readonly multicastInterface: string | null;
  readonly assets: AssetKeeper;
  readonly storageLevel: () => StorageLevel;
  /** The bytes of an uploaded picture; null when it is gone. */
  readonly readImage: (imageId: string) => Promise<Buffer | null>;
  readonly openPathSource: OpenPathSource;
  readonly presets: EncoderPresets;
  readonly coreCount: number;
  /** When it looks at what it does, every `TICK_MILLISECONDS`. */
  readonly pulse: Pulse;
  /** Gives the addresses of a receiver's URL that may be connected to now. */
  readonly resolve: (url: string) => Promise<Resolution>;
  readonly log: Logger;
}
