import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { tie, type TiedCommand } from "../../src/encoder/process-tie.ts";

const ROOT = join(import.meta.dirname, "../..");
const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
/** Where there is no setpriv, Node.js ends itself when the pipe from us closes. */
const LIFELINE = `process.stdin.on("close", () => process.kill(process.pid, "SIGKILL")).on("error", () => undefined).resume().unref?.();`;

const started = new Set<ChildProcess>();
process.once("exit", () => started.forEach((child) => child.kill("SIGKILL")));

/** A command as it has to be run to be killed with the process that starts it; the number of the process stays that of the command. */
export function tied(command: string, words: readonly string[]): TiedCommand {
  if (SETPRIV === undefined) return { command, words };
  return tie({ setprivPath: SETPRIV, command, words });
}

export interface NodeOptions {
  /** Variables for it alone; else it sees ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where what it says on standard error goes; to our own unless it is to be read. */
  readonly errors?: "inherit" | "pipe";
  /** A command, and words, that runs what follows it in its own place, such as in a namespace. */
  readonly within?: readonly string[];
}

/** A process of Node.js whose output is read. */
export type NodeProcess = ChildProcessByStdio<Writable | null, Readable, Readable | null>;

/** Starts Node.js with these words, in the root of the repository: it never outlives the test run, even a killed one. */
export function startNode(words: readonly string[], { environment, errors = "inherit", within = [] }: NodeOptions = {}): NodeProcess {
  const lifeline = SETPRIV === undefined ? ["--import", `data:text/javascript,${encodeURIComponent(LIFELINE)}`] : [];
  const run = tied(process.execPath, [...lifeline, ...words]);
  // Outermost: another namespace of users would undo the tie.
  const [command = "", ...rest] = [...within, run.command, ...run.words];
  const child = spawn(command, rest, {
    cwd: ROOT,
    stdio: [SETPRIV === undefined ? "pipe" : "ignore", "pipe", errors],
    ...(environment === undefined ? {} : { env: environment }),
  });
  child.stdin?.on("error", () => undefined);
  follow(child);
  return child as NodeProcess;
}

/** Kills a process with us where the system does not do it. */
export function follow(child: ChildProcess): void {
  started.add(child);
  child.once("close", () => started.delete(child));
}

/** What it writes next, without the space around it; rejects when it ends first. */
export async function nextOutput(child: NodeProcess): Promise<string> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It has ended with ${child.exitCode ?? child.signalCode}`);
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, "exit", { signal }).then(([code, by]) => {
    throw new Error(`It ended with ${String(code ?? by)}, and wrote nothing`);
  });
  try {
    const [chunk] = (await Promise.race([once(child.stdout, "data", { signal }), ended])) as [Buffer];
    return chunk.toString().trim();
  } finally {
    settled.abort();
    ended.catch(() => undefined);
  }
}
