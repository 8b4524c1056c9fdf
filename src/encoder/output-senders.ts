import type { Resolution } from "../network/resolve.ts";
import { RtmpSender } from "../rtmp/rtmp-sender.ts";
import type { Logger } from "../shared/log.ts";
import { SrtSender } from "../srt/srt-sender.ts";
import { CmafSender } from "./cmaf-sender.ts";
import { cmafDirectory, liveDirectory } from "./live-directory.ts";
import { openMulticastSender } from "./multicast-sender.ts";
import type { OutputSender, OutputSenderState } from "./output-sender.ts";
import type { OutputLaunch } from "./runner.ts";

/** What has to be known to open the way to one receiver. */
export interface Receiver {
  /** In clear, secrets included. */
  readonly url: string;
  readonly output: OutputLaunch;
}

/** How each type of output reaches its receivers; a type that is missing here is written by the encoder alone. */
export type SenderFactories = Partial<Record<OutputLaunch["type"], (receiver: Receiver) => OutputSender | Promise<OutputSender>>>;

/** What the ways to receivers need to know of this machine. */
export interface SenderSettings {
  readonly mediaRoot: string;
  /** For sockets that the encoder writes to: of this agent alone. */
  readonly socketDirectory: string;
  readonly multicastInterface: string | null;
  /** Gives the addresses of a receiver's URL that may be connected to now. */
  readonly resolve: (url: string) => Promise<Resolution>;
}

/** The ways to all receivers of a session: they outlive its encoder processes, so that a new one goes on where the last one ended. */
export interface OutputSenders {
  /** Resolves once all of them have somewhere for the encoder to write to, or turned out to have none. Never rejects. */
  readonly ready: Promise<void>;
  readonly isReady: () => boolean;
  /** Where the encoder writes to, one for each URL of the output; empty texts for those that could not be opened. */
  readonly localUrls: (output: Pick<OutputLaunch, "playbackId">) => readonly string[];
  /** One for each URL of the output; empty for outputs that nothing sends on. */
  readonly states: (playbackId: string) => readonly OutputSenderState[];
  /** Resolves once no socket is left. Idempotent. */
  readonly close: () => Promise<void>;
}

interface Way {
  /** Null while it is being opened, and when it could not be. */
  sender: OutputSender | null;
  readonly opened: Promise<void>;
}

const UNOPENED: OutputSenderState = { isConnected: false, bytes: 0, problem: null, isAddressRefused: false };

/** Opens the ways to all receivers of these outputs at once, each on its own: none of them waits for, or ends with, another. */
export function openSenders(outputs: readonly OutputLaunch[], factories: SenderFactories, log: Logger): OutputSenders {
  const ways = new Map(
    outputs.flatMap((output): [string, readonly Way[]][] => {
      const open = factories[output.type];
      return open ? [[output.playbackId, output.urls.map((url) => openWay(async () => open({ url, output }), log))]] : [];
    }),
  );
  const all = [...ways.values()].flat();
  let isReady = all.length === 0;
  const ready = Promise.all(all.map(({ opened }) => opened)).then(() => {
    isReady = true;
  });
  return {
    ready,
    isReady: () => isReady,
    localUrls: ({ playbackId }) => (ways.get(playbackId) ?? []).map(({ sender }) => sender?.localUrl ?? ""),
    states: (playbackId) => (ways.get(playbackId) ?? []).map(({ sender }) => sender?.state() ?? UNOPENED),
    close: async () => {
      await ready;
      await Promise.all(all.flatMap(({ sender }) => (sender ? [sender.close()] : [])));
    },
  };
}

function openWay(open: () => Promise<OutputSender>, log: Logger): Way {
  const way: { sender: OutputSender | null } = { sender: null };
  const note = async (): Promise<void> => {
    try {
      way.sender = await open();
    } catch (error) {
      log.error({ err: error }, "the way to a receiver could not be opened");
    }
  };
  return Object.assign(way, { opened: note() });
}

/** The ways that this machine knows. */
export function senderFactories({ mediaRoot, socketDirectory, multicastInterface, resolve }: SenderSettings): SenderFactories {
  const encoderDirectory = liveDirectory(mediaRoot);
  return {
    MULTICAST: ({ url }) => openMulticastSender({ url, multicastInterface }),
    RTMP_PUSH: ({ url }) => new RtmpSender({ url, resolve, socketDirectory }),
    SRT_PUSH: ({ url }) => SrtSender.open({ url, resolve, socketDirectory }),
    CMAF_PUSH: ({ url, output }) =>
      new CmafSender({ baseUrl: url, resolve, directory: cmafDirectory(mediaRoot, output.pathToken), encoderDirectory }),
  };
}
