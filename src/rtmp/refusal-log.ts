import type { Logger } from "../shared/log.ts";
import { networkOf } from "./waiting-room.ts";

const EVERY_MILLISECONDS = 60_000;
/** Networks and reasons that are told apart; of all beyond there is one line. */
const KNOWN_LIMIT = 500;

interface Known {
  readonly loggedAt: number;
  /** Refused since, without a line. */
  unlogged: number;
}

/** Writes down who was refused: one line a minute for each network and reason, which says how many there were. `now` is monotonic. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  note(address: string, reason: string): void {
    const now = this.#now();
    const key = this.#keyOf(`${networkOf(address)} ${reason}`, now);
    const known = this.#known.get(key);
    if (known && now - known.loggedAt < EVERY_MILLISECONDS) {
      known.unlogged += 1;
      return;
    }
    this.#known.set(key, { loggedAt: now, unlogged: 0 });
    this.#log.info({ address, reason, unlogged: known?.unlogged ?? 0 }, "an RTMP connection was refused");
  }

  #keyOf(key: string, now: number): string {
    if (this.#known.has(key) || this.#known.size < KNOWN_LIMIT) return key;
    for (const [other, { loggedAt }] of this.#known) if (now - loggedAt >= EVERY_MILLISECONDS) this.#known.delete(other);
    return this.#known.size < KNOWN_LIMIT ? key : "others";
  }
}
