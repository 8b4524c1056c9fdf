import type { Database } from "../database/database.ts";
import type { Logger } from "../shared/log.ts";
import { BELL_CHANNEL } from "./bell.ts";
import { createChangeRing, type RingAnswer } from "./change-ring.ts";
import { readFlushedExtent, readPage, readStep, type LogExtent, type LogStep, type PageOfStep } from "./change.store.ts";
import type { Snapshot } from "./position.ts";

/** Steps with more rows than this are read by each subscriber in pages. */
const RING_ROW_LIMIT = 10_000;
/** The bell can be missed: the log is looked at this often anyway. */
const POLL_MILLISECONDS = 1_000;

/** The one reader of a process, and what it read last, for all of its subscribers. */
export interface ChangeLog {
  /** What follows a position, from memory. */
  readonly after: (position: Snapshot, organizationId: string) => RingAnswer;
  /** Calls `wake` once when there may be rows of the organization; gives the function that takes it back. */
  readonly onceRowsFor: (organizationId: string, wake: () => void) => () => void;
  /** How many wait for rows: subscriptions that have nothing to tell. */
  readonly waitingCount: () => number;
  readonly readPage: (page: PageOfStep) => ReturnType<typeof readPage>;
  readonly extent: () => Promise<LogExtent>;
  readonly close: () => Promise<void>;
}

export interface ChangeLogOptions {
  readonly database: Pick<Database, "executor" | "listen">;
  readonly log: Logger;
  readonly ringRowLimit?: number;
  /** Told of every step of the log, of all organizations, before its subscribers are. */
  readonly onStep?: (step: LogStep) => void;
  readonly pollMilliseconds?: number;
  /** Told of each reading to the end: when the oldest of the changes that it found happened, null when there were none. */
  readonly onRead?: (oldestAt: Date | null) => void;
}

/** Begins to read at the present. */
export async function openChangeLog(options: ChangeLogOptions): Promise<ChangeLog> {
  const { database, log, ringRowLimit = RING_ROW_LIMIT } = options;
  const { executor } = database;
  const ring = createChangeRing((await readFlushedExtent(executor)).snapshot, ringRowLimit);
  const waiting = createWaitingRoom();

  const reader = startReader(options, async () => {
    const step = await readStep(executor, { from: ring.to, limit: ringRowLimit });
    if (step.oldestAt !== null) options.onStep?.(step);
    // Without rows there is no hurry: the next look finds on the disk what was written.
    if (step.isFlushed) waiting.wake(ring.push(step));
    options.onRead?.(step.oldestAt);
  });
  const onWake = () => reader.wake();
  const stopListening = await database.listen(BELL_CHANNEL, { onNotification: onWake, onListening: onWake });

  return {
    after: ring.after,
    onceRowsFor: waiting.once,
    waitingCount: waiting.count,
    readPage: (page) => readPage(executor, page),
    extent: () => readFlushedExtent(executor),
    async close() {
      await stopListening();
      await reader.close();
      log.debug("change log closed");
    },
  };
}

interface Reader {
  readonly wake: () => void;
  readonly close: () => Promise<void>;
}

/** Reads whenever it is woken, and at least once a poll. */
function startReader({ log, pollMilliseconds = POLL_MILLISECONDS }: ChangeLogOptions, read: () => Promise<void>): Reader {
  let isClosed = false;
  let isWoken = false;
  let endPause: () => void = () => undefined;

  async function pause(): Promise<void> {
    if (isWoken || isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMilliseconds).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    let hasFailed = false;
    while (!isClosed) {
      isWoken = false;
      try {
        await read();
        hasFailed = false;
      } catch (error) {
        if (!hasFailed && !isClosed) log.warn({ err: error }, "the change log cannot be read; trying again");
        hasFailed = true;
        isWoken = false;
      }
      await pause();
    }
  }

  const running = run();
  function wake(): void {
    isWoken = true;
    endPause();
  }
  return {
    wake,
    async close() {
      isClosed = true;
      wake();
      await running;
    },
  };
}

/** Who waits for rows of which organization. */
function createWaitingRoom() {
  const byOrganization = new Map<string, Set<() => void>>();

  function leave(organizationId: string, wake: () => void): void {
    const waiting = byOrganization.get(organizationId);
    waiting?.delete(wake);
    if (waiting?.size === 0) byOrganization.delete(organizationId);
  }

  return {
    once(organizationId: string, wake: () => void): () => void {
      const waiting = byOrganization.get(organizationId) ?? new Set();
      waiting.add(wake);
      byOrganization.set(organizationId, waiting);
      return () => leave(organizationId, wake);
    },
    count: () => [...byOrganization.values()].reduce((sum, waiting) => sum + waiting.size, 0),
    /** Null: everybody. */
    wake(organizationIds: ReadonlySet<string> | null): void {
      for (const organizationId of organizationIds ?? [...byOrganization.keys()]) {
        const waiting = byOrganization.get(organizationId);
        byOrganization.delete(organizationId);
        for (const wake of waiting ?? []) wake();
      }
    },
  };
}
