import { SCRIPT_PIPE } from "../encoder/ffmpeg.process.ts";
import { OUTPUT, QUIET } from "../encoder/ingest.arguments.ts";

export interface SrtListenerPlan {
  readonly arguments: readonly string[];
  /** What it reads from its script pipe, where nobody else sees it. */
  readonly script: string;
  readonly secrets: readonly string[];
}

/**
 * Arguments of an ffmpeg that waits on a loopback port for one SRT caller, and makes of what it sends one MPEG-TS on standard output.
 * Pure. Through a script of the concat demuxer, since a passphrase in the arguments would stand in the process list.
 */
export function planSrtListener({ port, passphrase }: { readonly port: number; readonly passphrase: string | null }): SrtListenerPlan {
  const options = {
    mode: "listener",
    transtype: "live",
    latency: "200000",
    // A stream that falls silent is ended by our own clock; ffmpeg's is the second net.
    timeout: "4000000",
    // Not in the URL, where ffmpeg has no way to write an ampersand.
    ...(passphrase === null ? {} : { passphrase }),
    analyzeduration: "1000000",
    probesize: "1000000",
  };
  const script = [
    "ffconcat version 1.0",
    `file srt://127.0.0.1:${port}`,
    ...Object.entries(options).map(([name, value]) => `option ${name} ${quote(value)}`),
    "",
  ];
  return {
    arguments: [
      ...QUIET,
      ...["-protocol_whitelist", "pipe,srt", "-f", "concat", "-safe", "0", "-i", SCRIPT_PIPE],
      ...["-map", "0:v:0?", "-map", "0:a:0?", ...OUTPUT],
    ],
    script: script.join("\n"),
    secrets: passphrase === null ? [] : [passphrase],
  };
}

/** As a word of the script, whatever stands in it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
