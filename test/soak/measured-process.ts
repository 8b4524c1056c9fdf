import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { join } from "node:path";
import { startNode, type NodeProcess } from "../support/tied.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");
const MEASURE = join(import.meta.dirname, "measure.mjs");
const ANSWER_MILLISECONDS = 30_000;

/** What a process holds, once all garbage is collected. */
export interface Held {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  /** Open files, sockets and pipes. */
  readonly descriptors: number;
  /** What keeps its event loop, by kind such as TCPSocketWrap; and, where they are asked for, live timers, sockets and signals. */
  readonly objects: Readonly<Record<string, number>>;
}

export interface MeasuredProcess {
  readonly child: NodeProcess;
  readonly wrote: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly measure: (options?: { readonly withObjects: boolean }) => Promise<Held>;
  readonly stop: () => Promise<number | null>;
}

/** The real product with a way to be measured. Its output is read line by line and not kept. */
export function startMeasured(words: readonly string[], environment: Readonly<Record<string, string>>): MeasuredProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child = startNode(["--expose-gc", "--import", MEASURE, MAIN, ...words], {
    environment: { PATH, HOME, HEADEND_RTMP_PORT: "0", HEADEND_SRT_PORT: "0", ...environment },
  });
  const lines = createInterface({ input: child.stdout });
  return {
    child,
    wrote: (pattern) => nextLine(lines, pattern),
    async measure({ withObjects } = { withObjects: false }) {
      const answer = nextLine(lines, /^MEASURED (.*)$/);
      child.kill(withObjects ? "SIGWINCH" : "SIGUSR2");
      return JSON.parse((await answer)[1] ?? "") as Held;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
  };
}

function nextLine(lines: Interface, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`It did not write ${String(pattern)}`))), ANSWER_MILLISECONDS);
    function look(line: string): void {
      const match = pattern.exec(line);
      if (match) finish(() => resolve(match));
    }
    function finish(then: () => void): void {
      clearTimeout(timer);
      lines.off("line", look);
      then();
    }
    lines.on("line", look);
  });
}
