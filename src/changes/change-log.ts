import type { Database } from "../database/database.ts";
import type { Logger } from "../shared/log.ts";
import { BELL_CHANNEL } from "./bell.ts";
import { createChangeRing, type RingAnswer } from "./change-ring.ts";
import { readExtent, readPage, readStep, type LogExtent, type LogStep, type PageOfStep } from "./change.store.ts";

/** Steps with more rows than this are read by each subscriber in pages. */
const RING_ROW_LIMIT = 10_000;
/** The bell can be missed: the log is looked at this often anyway. */
const POLL_MILLISECONDS = 1_000;
/** Committed rows that an older transaction holds back are looked for again after the first, doubled up to the second. */
const PENDING_FIRST_MILLISECONDS = 3;
const PENDING_LONGEST_MILLISECONDS = 100;

/** The one reader of a process, and what it read last, for all of its subscribers. */
export interface ChangeLog {
  /** What follows a position, from memory. */
  readonly after: (from: bigint, organizationId: string) => RingAnswer;
  /** Calls `wake` once when there may be rows of the organization; gives the function that takes it back. */
  readonly onceRowsFor: (organizationId: string, wake: () => void) => () => void;
  readonly readPage: (page: PageOfStep) => ReturnType<typeof readPage>;
  readonly extent: () => Promise<LogExtent>;
  readonly close: () => Promise<void>;
}

export interface ChangeLogOptions {
  readonly database: Pick<Database, "executor" | "listen">;
  readonly log: Logger;
  readonly ringRowLimit?: number;
  readonly pollMilliseconds?: number;
}

/** Begins to read at the present horizon. */
export async function openChangeLog(options: ChangeLogOptions): Promise<ChangeLog> {
  const { database, log, ringRowLimit = RING_ROW_LIMIT } = options;
  const { executor } = database;
  const ring = createChangeRing((await readExtent(executor)).snapshot.xmin, ringRowLimit);
  const waiting = createWaitingRoom();

  const reader = startReader(options, async () => {
    const step = await readStep(executor, { from: ring.to, limit: ringRowLimit });
    if (step.to > ring.to) waiting.wake(ring.push(step));
    return step;
  });
  const onWake = () => reader.wake();
  const stopListening = await database.listen(BELL_CHANNEL, { onNotification: onWake, onListening: onWake });

  return {
    after: ring.after,
    onceRowsFor: waiting.once,
    readPage: (page) => readPage(executor, page),
    extent: () => readExtent(executor),
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

/** Reads whenever it is woken, at least once a poll, and again soon while committed rows are held back. */
function startReader({ log, pollMilliseconds = POLL_MILLISECONDS }: ChangeLogOptions, read: () => Promise<LogStep>): Reader {
  let isClosed = false;
  let isWoken = false;
  let endPause: () => void = () => undefined;

  async function pause(milliseconds: number): Promise<void> {
    if (isWoken || isClosed) return;
    await new Promise<void>((resolve) => {
      endPause = resolve;
      setTimeout(resolve, milliseconds).unref();
    });
  }

  async function run(): Promise<void> {
    let pendingMilliseconds = PENDING_FIRST_MILLISECONDS;
    let hasFailed = false;
    while (!isClosed) {
      isWoken = false;
      try {
        const step = await read();
        pendingMilliseconds = step.hasPending
          ? Math.min(pendingMilliseconds * 2, PENDING_LONGEST_MILLISECONDS)
          : PENDING_FIRST_MILLISECONDS;
        hasFailed = false;
        await pause(step.hasPending ? Math.min(pendingMilliseconds, pollMilliseconds) : pollMilliseconds);
      } catch (error) {
        if (!hasFailed && !isClosed) log.warn({ err: error }, "the change log cannot be read; trying again");
        hasFailed = true;
        isWoken = false;
        await pause(pollMilliseconds);
      }
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
