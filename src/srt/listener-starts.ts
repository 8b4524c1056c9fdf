import { availableParallelism } from "node:os";

/** For each core: most of the time one waits for its caller to ask again. */
const STARTS_EACH = 2;
/** One that was not heard of for so long holds up the next one no more. */
const START_MILLISECONDS = 1_500;

/** Lets the next one begin: this one has started, or will not. Idempotent. */
export type EndStart = () => void;

/**
 * Lets a few listeners start at a time, in the order in which they ask. Of hundreds that start at once, each is
 * there only after its caller has given up, and everything else in this process stands still meanwhile.
 */
export class ListenerStarts {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  readonly #begun = new Set<() => void>();

  constructor(limit = STARTS_EACH * availableParallelism()) {
    this.#limit = limit;
  }

  /** `begin` is called at its turn, or at once; what it gets is also given back, for one that waits no longer. */
  ask(begin: (endStart: EndStart) => void): EndStart {
    let deadline: NodeJS.Timeout | null = null;
    const enter = (): void => {
      this.#begun.add(enter);
      deadline = setTimeout(endStart, START_MILLISECONDS);
      begin(endStart);
    };
    const endStart = (): void => {
      this.#waiting.delete(enter);
      if (!this.#begun.delete(enter)) return;
      if (deadline) clearTimeout(deadline);
      this.#letNextBegin();
    };
    this.#waiting.add(enter);
    this.#letNextBegin();
    return endStart;
  }

  #letNextBegin(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#begun.size >= this.#limit) return;
    this.#waiting.delete(next);
    next();
  }
}
