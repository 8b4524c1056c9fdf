import type { NetworkAccess } from "../network/connect.ts";
import { RtmpPushSource } from "../rtmp/rtmp-push-source.ts";
import { INPUT_TYPE_FACTS, type InputPath } from "../sessions/session.rules.ts";
import { SrtPushSource } from "../srt/srt-push-source.ts";
import type { DatagramReceiver } from "./datagram-receiver.ts";
import type { ProcessHost } from "./ffmpeg.process.ts";
import { EitherPushSource } from "./either-push-source.ts";
import { Ingest } from "./ingest.ts";
import type { PathSource, PathSourceHandlers } from "./path-source.ts";
import type { PatientClock } from "./patient-clock.ts";
import type { PushServers } from "./push-servers.ts";
import { typesOf, type SessionLaunch } from "./runner.ts";

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
  return (request) => {
    const { input, path, clock, handlers } = request;
    if (INPUT_TYPE_FACTS[input.type].isPush) return openPushed(options, request);
    const { type, urlA, urlB, srtPassphrase, streamRemap } = input;
    const source = { type, url: (path === "A" ? urlA : urlB) ?? "", srtPassphrase, multicastInterface: options.multicastInterface };
    return new Ingest({ ...options, clock, source, streamRemap, ...handlers });
  };
}

function openPushed({ host, ffmpegPath, pushServers }: PathSourceOptions, { input, path, clock, handlers }: PathRequest): PathSource {
  const { streamKey = null, srtStreamKey = null, srtPassphrase: passphrase = null } = (path === "A" ? input : input.backup) ?? {};
  const pushed = { host, ffmpegPath, clock, handlers, streamKey: streamKey ?? "" };
  const bySrt = { passphrase, streamKey: srtStreamKey ?? pushed.streamKey };
  const { rtmp, srt } = doorsOf(input, pushServers);
  if (rtmp && srt) return new EitherPushSource({ ...pushed, server: rtmp, front: srt, passphrase, srtStreamKey: bySrt.streamKey });
  if (rtmp) return new RtmpPushSource({ ...pushed, server: rtmp });
  if (srt) return new SrtPushSource({ ...pushed, ...bySrt, front: srt });
  throw new Error("Nothing listens for what is pushed");
}

/** Those of the servers that this input may come in by. */
function doorsOf(input: SessionLaunch["input"], { rtmp, srt }: PushDoors): PushDoors {
  const types = typesOf(input);
  return { rtmp: types.includes("RTMP_PUSH") ? rtmp : null, srt: types.includes("SRT_PUSH") ? srt : null };
}

/** What keeps a pushed input from coming in, as a sentence; null when nothing does. */
export function explainPushLack(input: SessionLaunch["input"], servers: PushDoors): string | null {
  if (!INPUT_TYPE_FACTS[input.type].isPush) return null;
  const { rtmp, srt } = doorsOf(input, servers);
  if (!rtmp && !srt) {
    const protocols = typesOf(input).map((type) => type.replace("_PUSH", ""));
    return `This encoder does not listen for ${protocols.join(" or ")} that is pushed to it.`;
  }
  return input.streamKey === null ? "The session has no stream key that could be pushed with." : null;
}
