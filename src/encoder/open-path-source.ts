import type { NetworkAccess } from "../network/connect.ts";
import { RtmpPushSource } from "../rtmp/rtmp-push-source.ts";
import { InputType, type InputPath } from "../sessions/session.rules.ts";
import { SrtPushSource } from "../srt/srt-push-source.ts";
import type { DatagramReceiver } from "./datagram-receiver.ts";
import type { ProcessHost } from "./ffmpeg.process.ts";
import { Ingest } from "./ingest.ts";
import type { PathSource, PathSourceHandlers } from "./path-source.ts";
import type { PatientClock } from "./patient-clock.ts";
import type { PushServers } from "./push-servers.ts";
import type { SessionLaunch } from "./runner.ts";

export interface PathRequest {
  readonly input: SessionLaunch["input"];
  readonly path: InputPath;
  readonly clock: PatientClock;
  readonly handlers: PathSourceHandlers;
}

/** Opens the source of one path of an input, whatever its type. */
export type OpenPathSource = (request: PathRequest) => PathSource;

/** What senders push to; null for what is not listened for here. */
export type PushDoors = Pick<PushServers, "rtmp" | "srt">;

export const NO_PUSH_DOORS: PushDoors = { srt: null, rtmp: null };

export interface PathSourceOptions {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  /** Receives multicast and RTP. */
  readonly datagrams: DatagramReceiver;
  readonly multicastInterface: string | null;
  /** How pulled inputs reach what their URLs name. */
  readonly access: NetworkAccess;
  readonly pushServers: PushDoors;
}

/** Throws for what is pushed when nothing listens for it: `explainPushLack` tells before. */
export function createPathSourceOpener(options: PathSourceOptions): OpenPathSource {
  return ({ input, path, clock, handlers }) => {
    const { host, ffmpegPath, pushServers } = options;
    const { streamKey = null, srtPassphrase: passphrase = null } = (path === "A" ? input : input.backup) ?? {};
    const pushed = { host, ffmpegPath, clock, handlers, streamKey: streamKey ?? "" };
    if (input.type === InputType.SRT_PUSH) {
      if (!pushServers.srt) throw new Error("Nothing listens for SRT here");
      return new SrtPushSource({ ...pushed, front: pushServers.srt, passphrase });
    }
    if (input.type === InputType.RTMP_PUSH) {
      if (!pushServers.rtmp) throw new Error("Nothing listens for RTMP here");
      return new RtmpPushSource({ ...pushed, server: pushServers.rtmp });
    }
    const { type, urlA, urlB, srtPassphrase, streamRemap } = input;
    const source = { type, url: (path === "A" ? urlA : urlB) ?? "", srtPassphrase, multicastInterface: options.multicastInterface };
    return new Ingest({ ...options, clock, source, streamRemap, ...handlers });
  };
}

/** What keeps a pushed input from coming in, as a sentence; null when nothing does. */
export function explainPushLack(input: SessionLaunch["input"], servers: PushDoors): string | null {
  if (input.type !== InputType.SRT_PUSH && input.type !== InputType.RTMP_PUSH) return null;
  const protocol = input.type === InputType.SRT_PUSH ? "SRT" : "RTMP";
  const server = input.type === InputType.SRT_PUSH ? servers.srt : servers.rtmp;
  if (!server) return `This encoder does not listen for ${protocol} that is pushed to it.`;
  return input.streamKey === null ? "The session has no stream key that could be pushed with." : null;
}
