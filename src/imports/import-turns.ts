import { Fault, FaultCode } from "../shared/user-error.ts";

/** Gives large imports their turns, so that however many come at once, few are in memory. */
export interface ImportTurns {
  /** Lets a large file in. Throws SERVICE_UNAVAILABLE to an organization that has too many of them open. */
  readonly enter: (organizationId: string) => ImportTurn;
}

/** Of one large file, from its first bytes to the end of its import. */
export interface ImportTurn {
  /** Waits until it comes. Throws SERVICE_UNAVAILABLE to whoever waited too long, and the reason of the signal once that is aborted. */
  readonly begin: (signal: AbortSignal | undefined) => Promise<void>;
  /** Whether it came or not. */
  readonly end: () => void;
}

export interface ImportTurnsOptions {
  /** Turns at once. */
  readonly total: number;
  /** Of them, of one organization. */
  readonly perOrganization: number;
  /** Files that one organization may have open at once, those included that wait. */
  readonly openPerOrganization: number;
  readonly patienceMilliseconds: number;
}

interface Waiting {
  readonly begin: () => void;
}

const RETRY_AFTER_SECONDS = 10;

export function createImportTurns({ total, perOrganization, openPerOrganization, patienceMilliseconds }: ImportTurnsOptions): ImportTurns {
  const open = new Map<string, number>();
  const running = new Map<string, number>();
  /** Each organization's in the order in which they came; the organization whose turn is next stands first, so that none waits for another's many. */
  const queues = new Map<string, Waiting[]>();

  function isFree(organizationId: string): boolean {
    return sum(running) < total && countOf(running, organizationId) < perOrganization;
  }

  function callNext(): void {
    for (const [organizationId, queue] of queues) {
      if (!isFree(organizationId)) continue;
      const next = queue.shift();
      queues.delete(organizationId);
      if (queue.length > 0) queues.set(organizationId, queue);
      return next?.begin();
    }
  }

  function leave(organizationId: string, waiting: Waiting): void {
    const left = (queues.get(organizationId) ?? []).filter((each) => each !== waiting);
    if (left.length > 0) queues.set(organizationId, left);
    else queues.delete(organizationId);
  }

  function wait(organizationId: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        begin() {
          settle();
          add(running, organizationId, 1);
          resolve();
        },
      };
      const giveUp = (reason: unknown): void => {
        settle();
        leave(organizationId, waiting);
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      };
      const patience = setTimeout(() => giveUp(busy("Too many large files are being imported just now.")), patienceMilliseconds);
      const abort = (): void => giveUp(signal?.reason);
      const settle = (): void => {
        clearTimeout(patience);
        signal?.removeEventListener("abort", abort);
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      queues.set(organizationId, [...(queues.get(organizationId) ?? []), waiting]);
    });
  }

  return {
    enter(organizationId) {
      if (countOf(open, organizationId) >= openPerOrganization) {
        throw busy(`Your organization has ${openPerOrganization} large files open for import, which is the most.`);
      }
      add(open, organizationId, 1);
      let hasBegun = false;
      let isOver = false;
      return {
        async begin(signal) {
          if (isFree(organizationId)) add(running, organizationId, 1);
          else await wait(organizationId, signal);
          hasBegun = true;
        },
        end() {
          if (isOver) return;
          isOver = true;
          add(open, organizationId, -1);
          if (!hasBegun) return;
          add(running, organizationId, -1);
          callNext();
        },
      };
    },
  };
}

function countOf(counts: ReadonlyMap<string, number>, organizationId: string): number {
  return counts.get(organizationId) ?? 0;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** Nothing is kept of whoever has none. */
function add(counts: Map<string, number>, organizationId: string, change: 1 | -1): void {
  const count = countOf(counts, organizationId) + change;
  if (count > 0) counts.set(organizationId, count);
  else counts.delete(organizationId);
}

function busy(reason: string): Fault {
  return new Fault(FaultCode.SERVICE_UNAVAILABLE, `${reason} Nothing was imported. Try again in a moment.`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
