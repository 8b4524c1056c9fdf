import { Fault, FaultCode } from "../shared/user-error.ts";

/** Gives large imports their turns, so that however many come at once, so few are in memory. */
export interface ImportTurns {
  /** Waits for a turn; gives what ends it. Throws SERVICE_UNAVAILABLE to whoever waited too long. */
  readonly take: (organizationId: string) => Promise<() => void>;
}

export interface ImportTurnsOptions {
  readonly total: number;
  /** Fewer than in all, so that no organization can keep the others waiting. */
  readonly perOrganization: number;
  readonly patienceMilliseconds: number;
}

interface Waiting {
  readonly organizationId: string;
  readonly begin: () => void;
}

const RETRY_AFTER_SECONDS = 10;

export function createImportTurns({ total, perOrganization, patienceMilliseconds }: ImportTurnsOptions): ImportTurns {
  const running = new Map<string, number>();
  /** In the order in which they came. */
  const queue: Waiting[] = [];
  let count = 0;

  const countOf = (organizationId: string) => running.get(organizationId) ?? 0;

  function begin(organizationId: string): () => void {
    count += 1;
    running.set(organizationId, countOf(organizationId) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      count -= 1;
      const left = countOf(organizationId) - 1;
      if (left > 0) running.set(organizationId, left);
      else running.delete(organizationId);
      callNext();
    };
  }

  function callNext(): void {
    if (count >= total) return;
    const index = queue.findIndex(({ organizationId }) => countOf(organizationId) < perOrganization);
    const [next] = index === -1 ? [] : queue.splice(index, 1);
    next?.begin();
  }

  function wait(organizationId: string): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        organizationId,
        begin() {
          clearTimeout(patience);
          resolve(begin(organizationId));
        },
      };
      const patience = setTimeout(() => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(
          new Fault(FaultCode.SERVICE_UNAVAILABLE, "Too many large files are being imported just now. Try again in a moment.", {
            retryAfterSeconds: RETRY_AFTER_SECONDS,
          }),
        );
      }, patienceMilliseconds);
      queue.push(waiting);
    });
  }

  return {
    async take(organizationId) {
      return count < total && countOf(organizationId) < perOrganization ? begin(organizationId) : wait(organizationId);
    },
  };
}
