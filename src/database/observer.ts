/** What became of the bell that wakes readers of the change log. */
export type BellEvent = "rung" | "failed" | "heard";

/** Sees what goes to PostgreSQL and how it ends, for figures and traces. No parameter is ever shown to it. */
export interface DatabaseObserver {
  /** Runs a statement; `text` has placeholders where values stand. */
  readonly statement: <T>(text: string, run: () => Promise<T>) => Promise<T>;
  /** Runs a transaction with all its attempts. */
  readonly transaction: <T>(name: string, run: () => Promise<T>) => Promise<T>;
  /** One more, or one less, wants a connection: a transaction, or a statement outside of one. */
  readonly demand: (change: 1 | -1) => void;
  readonly bell: (event: BellEvent) => void;
}

export const UNOBSERVED: DatabaseObserver = {
  statement: (_text, run) => run(),
  transaction: (_name, run) => run(),
  demand: () => undefined,
  bell: () => undefined,
};
