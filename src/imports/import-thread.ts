import type { Worker } from "node:worker_threads";
import { startSourceWorker } from "../shared/source-worker.ts";
import { createImportJob, type ImportJob } from "./import-job.ts";
import { createImportTurns } from "./import-turns.ts";

export interface JobCall {
  readonly id: number;
  readonly job: number;
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
  /** Lets go of the file. */
  readonly close: () => void;
}

/** A file of at most so many bytes is done faster here than sent to a thread, and within a few milliseconds. */
const SMALL_BYTES = 32 * 1024;
/** A thread that nobody needs ends; the next import starts another one. */
const IDLE_MILLISECONDS = 60_000;
/** Room for as many of the largest files as have a turn at once; more would end the thread, and never the process. */
const HEAP_LIMIT_MEGABYTES = 768;
const TURNS = createImportTurns({ total: 3, perOrganization: 2, patienceMilliseconds: 120_000 });
/** Room for a file's cells: with less, collecting garbage was a third of the work, and with more, 20 MB took 50 MB more. */
const YOUNG_HEAP_MEGABYTES = 24;

/**
 * Opens a job; `bytes` is the size of the file, or a lower bound while it still comes in. A large one waits for its turn, and throws
 * SERVICE_UNAVAILABLE when that does not come.
 */
export async function openJob(bytes: number, organizationId: string): Promise<RunningJob> {
  return bytes <= SMALL_BYTES ? openHere() : openInThread(await TURNS.take(organizationId));
}

function openHere(): RunningJob {
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
  readonly call: (call: Omit<JobCall, "id">, transfer: readonly ArrayBuffer[]) => Promise<Answered>;
  readonly openJobs: Set<number>;
}

type Answered = Extract<JobAnswer, { readonly error?: never }>;

// One for the process: it is a second pair of hands, and holds nothing between two imports.
let thread: Thread | null = null;
let idleTimer: NodeJS.Timeout | undefined;
let lastId = 0;

function openInThread(endTurn: () => void): RunningJob {
  clearTimeout(idleTimer);
  const current = (thread ??= startThread());
  const job = (lastId += 1);
  current.openJobs.add(job);
  const call = async <T>(verb: JobCall["verb"], argument: unknown): Promise<T> =>
    (await current.call({ job, verb, argument }, [])).result as T;
  let spare = new ArrayBuffer(0);
  return {
    async push(bytes) {
      const buffer = spare.byteLength < bytes.length ? new ArrayBuffer(bytes.length) : spare;
      const copy = new Uint8Array(buffer, 0, bytes.length);
      copy.set(bytes);
      const answer = await current.call({ job, verb: "push", argument: copy }, [buffer]);
      spare = answer.bytes?.buffer ?? spare;
      return answer.result as boolean;
    },
    check: (order) => call("check", order),
    finish: (findings) => call("finish", findings),
    take: (step) => call("take", step),
    close() {
      // The turn is over once the thread has let go of the file.
      call("close", null).then(endTurn, endTurn);
      current.openJobs.delete(job);
    },
  };
}

function startThread(): Thread {
  const worker = startWorker();
  const waiting = new Map<number, { readonly resolve: (answer: Answered) => void; readonly reject: (error: Error) => void }>();
  const openJobs = new Set<number>();
  const started: Thread = {
    openJobs,
    call: (call, transfer) =>
      new Promise((resolve, reject) => {
        const id = (lastId += 1);
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ ...call, id } satisfies JobCall, [...transfer]);
      }),
  };
  worker.on("message", (answer: JobAnswer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error) call?.reject(answer.error);
    else call?.resolve(answer);
    if (waiting.size === 0) worker.unref();
    if (openJobs.size === 0) scheduleEnd(worker, started);
  });
  const fail = (error: Error) => {
    if (thread === started) thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("The thread of imports has ended.")));
  return started;
}

function scheduleEnd(worker: Worker, idle: Thread): void {
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => {
    if (thread === idle) thread = null;
    void worker.terminate();
  }, IDLE_MILLISECONDS);
  idleTimer.unref();
}

function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_LIMIT_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES };
  return startSourceWorker(new URL("./import-worker.ts", import.meta.url), { resourceLimits });
}
