/**
 * Who may begin: at most so many at a time, in the order in which they asked, those that are urgent first. Whoever has its turn counts
 * until it leaves. Pure.
 */
export class TurnQueue<T> {
  readonly #limit: number;
  readonly #urgent = new Set<T>();
  readonly #patient = new Set<T>();
  readonly #beginning = new Set<T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  ask(item: T, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#patient).add(item);
  }

  /** It has begun, or does not want to any more. Idempotent. */
  leave(item: T): void {
    for (const each of [this.#urgent, this.#patient, this.#beginning]) each.delete(item);
  }

  /** Gives the next one its turn; null while nobody waits, or too many are beginning. */
  next(): T | null {
    if (this.#beginning.size >= this.#limit) return null;
    for (const waiting of [this.#urgent, this.#patient]) {
      for (const item of waiting) {
        waiting.delete(item);
        this.#beginning.add(item);
        return item;
      }
    }
    return null;
  }
}
