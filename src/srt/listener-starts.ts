import { availableParallelism } from "node:os";
import { TurnQueue } from "../shared/turn-queue.ts";

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
  readonly #queue: TurnQueue<{ readonly begin: () => void }>;

  constructor(limit = STARTS_EACH * availableParallelism()) {
    this.#queue = new TurnQueue(limit);
  }

  /** `begin` is called at its turn, or at once; what it gets is also given back, for one that waits no longer. */
  ask(begin: (endStart: EndStart) => void): EndStart {
    let deadline: NodeJS.Timeout | undefined;
    const start = {
      begin(): void {
        deadline = setTimeout(endStart, START_MILLISECONDS);
        begin(endStart);
      },
    };
    const endStart = (): void => {
      clearTimeout(deadline);
      this.#queue.leave(start);
      this.#proceed();
    };
    this.#queue.ask(start, false);
    this.#proceed();
    return endStart;
  }

  #proceed(): void {
    for (let start = this.#queue.next(); start !== null; start = this.#queue.next()) start.begin();
  }
}
