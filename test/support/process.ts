import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startNode } from "./tied.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");

/** Several at a time must not meet at the ports that senders push to. */
const FREE_PORTS = { HEADEND_RTMP_PORT: "0", HEADEND_SRT_PORT: "0" };

export interface ProcessOptions {
  /** Variables for it alone; it sees nothing of ours but PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  /** See `NodeOptions`. */
  readonly within?: readonly string[];
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface HeadendProcess {
  readonly child: ChildProcess;
  /** Everything that it wrote so far. */
  readonly output: () => string;
  /** Resolves with the first match in what it writes; rejects when it ends without. */
  readonly wrote: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
  /** Asks it to end and waits for that. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Finished>;
}

/** Starts the real thing: `node dist/main.js` with these words. */
export function startHeadend(words: readonly string[], { environment = {}, within = [] }: ProcessOptions = {}): HeadendProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child = startNode([MAIN, ...words], { environment: { PATH, HOME, ...FREE_PORTS, ...environment }, errors: "pipe", within });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const finished = once(child, "close").then(([code]): Finished => ({ code: code as number | null, output, errors }));
  return {
    child,
    output: () => output,
    finished,
    wrote: (pattern) => firstMatch(pattern, { child, finished, output: () => output }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return await finished;
    },
  };
}

/** Runs a command to its end. */
export async function runHeadend(words: readonly string[], options: ProcessOptions = {}): Promise<Finished> {
  return await startHeadend(words, options).finished;
}

async function firstMatch(
  pattern: RegExp,
  { child, finished, output }: Pick<HeadendProcess, "child" | "finished" | "output">,
): Promise<RegExpExecArray> {
  let hasEnded = false;
  const ended = finished.then((result) => {
    hasEnded = true;
    return result;
  });
  for (;;) {
    const match = pattern.exec(output());
    if (match) return match;
    if (hasEnded) throw new Error(`It ended without writing ${String(pattern)}: ${JSON.stringify(await ended)}`);
    await Promise.race([once(child.stdout ?? child, "data"), ended]);
  }
}
