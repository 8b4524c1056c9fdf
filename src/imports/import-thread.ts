import type { Worker } from "node:worker_threads";
import { startSourceWorker } from "../shared/source-worker.ts";
import { createImportJob, type ImportJob } from "./import-job.ts";

export interface JobCall {
  readonly id: number;
  readonly verb: keyof ImportJob | "close";
  readonly argument: unknown;
}

export type JobAnswer = ({ readonly result: unknown; readonly error?: never } | { readonly result?: never; readonly error: Error }) & {
  readonly id: number;
  /** The bytes that were pushed, which are handed back: a file goes through one buffer, and leaves none behind. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
};

/** An import's job wherever it runs. */
export interface RunningJob {
  /** Takes a copy, before the caller goes on. */
  readonly push: (bytes: Uint8Array) => Promise<boolean>;
  readonly check: (...words: Parameters<ImportJob["check"]>) => Promise<ReturnType<ImportJob["check"]>>;
  readonly finish: (...words: Parameters<ImportJob["finish"]>) => Promise<ReturnType<ImportJob["finish"]>>;
  readonly take: (...words: Parameters<ImportJob["take"]>) => Promise<ReturnType<ImportJob["take"]>>;
  /** Lets go of the file. Called once. */
  readonly close: () => void;
}

/** A thread that nobody needs ends; the next import starts another one. */
const IDLE_MILLISECONDS = 60_000;
/**
 * A file of 20 MB and 2,000,000 cells took up to 320 MB of old heap, and one with all of its cells wrong 224 MB; with UPSERT, the sessions that are
 * there come on top. A job that wants more ends its own thread, and never another's or the process.
 */
const HEAP_LIMIT_MEGABYTES = 512;
/** Room for a file's cells: with less, collecting garbage was a third of the work, and with more, 20 MB took 50 MB more. */
const YOUNG_HEAP_MEGABYTES = 24;

/** Opens a job of a small file. */
export function openHere(): RunningJob {
  const job = createImportJob();
  return {
    push: async (bytes) => job.push(bytes),
    check: async (order) => job.check(order),
    finish: async (findings) => job.finish(findings),
    take: async (step) => job.take(step),
    close: () => undefined,
  };
}

interface Thread {
  /** Fails, at once or later, when the thread has ended. */
  readonly call: (call: Omit<JobCall, "id">, transfer: readonly ArrayBuffer[]) => Promise<Answered>;
  readonly end: () => void;
}

type Answered = Extract<JobAnswer, { readonly error?: never }>;

// Kept for the next import; it holds nothing between two of them.
let spare: { readonly thread: Thread; readonly timer: NodeJS.Timeout } | null = null;
let lastId = 0;

/** Opens a job in a thread that no other job has, so that none can take another's memory. `onEnd` is called when all of it has been let go of. */
export function openInThread(onEnd: () => void): RunningJob {
  const thread = takeSpare() ?? startThread();
  const call = async <T>(verb: JobCall["verb"], argument: unknown): Promise<T> => (await thread.call({ verb, argument }, [])).result as T;
  let copied = new ArrayBuffer(0);
  return {
    async push(bytes) {
      const buffer = copied.byteLength < bytes.length ? new ArrayBuffer(bytes.length) : copied;
      const copy = new Uint8Array(buffer, 0, bytes.length);
      copy.set(bytes);
      const answer = await thread.call({ verb: "push", argument: copy }, [buffer]);
      copied = answer.bytes?.buffer ?? copied;
      return answer.result as boolean;
    },
    check: (order) => call("check", order),
    finish: (findings) => call("finish", findings),
    take: (step) => call("take", step),
    close() {
      void call("close", null)
        .then(
          () => keepSpare(thread),
          () => thread.end(),
        )
        .finally(onEnd);
    },
  };
}

function takeSpare(): Thread | null {
  const taken = spare;
  clearTimeout(taken?.timer);
  spare = null;
  return taken?.thread ?? null;
}

function keepSpare(thread: Thread): void {
  if (spare) return thread.end();
  const timer = setTimeout(() => {
    spare = null;
    thread.end();
  }, IDLE_MILLISECONDS);
  timer.unref();
  spare = { thread, timer };
}

function startThread(): Thread {
  const worker = startWorker();
  const waiting = new Map<number, { readonly resolve: (answer: Answered) => void; readonly reject: (error: Error) => void }>();
  let failure: Error | null = null;
  const started: Thread = {
    call: (call, transfer) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        const id = (lastId += 1);
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ ...call, id } satisfies JobCall, [...transfer]);
      }),
    end: () => void worker.terminate(),
  };
  worker.on("message", (answer: JobAnswer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error) call?.reject(answer.error);
    else call?.resolve(answer);
    if (waiting.size === 0) worker.unref();
  });
  const fail = (error: Error) => {
    failure ??= error;
    if (spare?.thread === started) takeSpare();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("The thread of an import has ended.")));
  return started;
}

function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_LIMIT_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES };
  return startSourceWorker(new URL("./import-worker.ts", import.meta.url), { resourceLimits });
}
