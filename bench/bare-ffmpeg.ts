import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawnFfmpeg, type FfmpegProcess, type ProcessHost } from "../src/encoder/ffmpeg.process.ts";
import { LOOPBACK } from "./media-source.ts";
import { listChildren } from "./processor-time.ts";

/** The words of one ffmpeg process that does alone what the product's processes of a session do together. */
export interface BareCommand {
  readonly words: readonly string[];
  /** Where its output stands, as the words say it. */
  readonly token: string;
}

const FROM_PIPE = ["-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"];

/** As ffmpeg loses nothing of a group that others receive too. */
const RECEPTION = `reuse=1&overrun_nonfatal=1&fifo_size=50000&pkt_size=65507&buffer_size=4194304&localaddr=${LOOPBACK}`;

/** What the product told its own encoder of a session that runs, the session's input in place of the pipe. */
export function readBareCommand(headendPid: number, token: string, inputUrl: string): BareCommand {
  const commands = listChildren(headendPid, "ffmpeg").map(wordsOf);
  const encoder = commands.find((words) => words.some((word) => word.includes(`${token}/`)));
  const at = encoder?.findIndex((_, index) => FROM_PIPE.every((word, offset) => encoder[index + offset] === word)) ?? -1;
  if (encoder === undefined || at === -1) throw new Error("The processes of the session are not what was expected");
  const own = ["-nostdin", ...encoder.slice(1, at), "-protocol_whitelist", "udp", "-f", "mpegts", "-i", `${inputUrl}?${RECEPTION}`];
  return { words: [...own, ...encoder.slice(at + FROM_PIPE.length)], token };
}

function wordsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

/** Starts it with an output directory of its own, below this one. */
export function startBare(host: ProcessHost, { words, token }: BareCommand, directory: string, ownToken: string): FfmpegProcess {
  mkdirSync(join(directory, ownToken), { recursive: true });
  const own = words.map((word) => word.replaceAll(`${token}/`, `${ownToken}/`));
  const child = spawnFfmpeg(host, { binary: "ffmpeg", arguments: own, directory });
  child.stdout.resume();
  return child;
}
