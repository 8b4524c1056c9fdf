export interface SourceRateOptions {
  /** How many a source may send at once after a pause. */
  readonly burst: number;
  readonly perSecond: number;
  /** How many sources are kept in mind; the one that is known the longest is forgotten first. */
  readonly sourcesLimit: number;
}

interface Allowance {
  left: number;
  at: number;
}

/** Holds each source to a rate of its own, within bounded memory. Times are monotonic milliseconds. */
export class SourceRate {
  readonly #options: SourceRateOptions;
  readonly #allowances = new Map<string, Allowance>();

  constructor(options: SourceRateOptions) {
    this.#options = options;
  }

  /** Counts one from this source, and tells whether it is within its rate. */
  take(source: string, now: number): boolean {
    const { burst, perSecond } = this.#options;
    const known = this.#allowances.get(source) ?? this.#add(source, now);
    known.left = Math.min(burst, known.left + ((now - known.at) / 1_000) * perSecond);
    known.at = now;
    if (known.left < 1) return false;
    known.left -= 1;
    return true;
  }

  #add(source: string, now: number): Allowance {
    if (this.#allowances.size >= this.#options.sourcesLimit) {
      const [oldest] = this.#allowances.keys();
      if (oldest !== undefined) this.#allowances.delete(oldest);
    }
    const added = { left: this.#options.burst, at: now };
    this.#allowances.set(source, added);
    return added;
  }
}
