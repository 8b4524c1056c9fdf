import { unavailableFault } from "./sql-state.ts";

/** Ages are counted in ticks of our own event loop: while it stands still itself, nobody else is to blame for it. */
const TICK_MILLISECONDS = 100;
const PROBE_AFTER_TICKS = 12;
const PROBE_DEADLINE_TICKS = 15;
const PROBE_PAUSE_TICKS = 3;
/** Below the 5 s within which every caller has an answer, above PostgreSQL's own limit for a statement. */
const EXCHANGE_DEADLINE_TICKS = 44;

export interface Liveness {
  /** Settles as `exchange` does; with SERVICE_UNAVAILABLE at its deadline, or as soon as PostgreSQL is known not to answer at all. */
  readonly watch: <T>(exchange: () => PromiseLike<T>) => Promise<T>;
  readonly end: () => void;
}

export interface LivenessOptions {
  /** Asks PostgreSQL anything over a connection of its own; any answer, a refusal too, is a sign of life. `end` gives it up. */
  readonly probe: () => { readonly answered: Promise<void>; readonly end: () => void };
  /** PostgreSQL does not answer: what waits on its connections waits in vain. */
  readonly onFrozen: () => void;
  readonly onAnswering: () => void;
}

interface Exchange {
  readonly giveUp: () => void;
  ageTicks: number;
}

/**
 * A frozen PostgreSQL (SIGSTOP, a hung disk, a cut network) keeps its connections open and answers nothing: no timeout of its own helps.
 * Watching: an exchange that takes long makes us probe. Frozen: the probe stayed without answer; every exchange fails, at once and without
 * being sent, so that a caller with many statements waits for one only. Probes go on until one is answered, and all is as before.
 */
export function watchLiveness({ probe, onFrozen, onAnswering }: LivenessOptions): Liveness {
  const exchanges = new Set<Exchange>();
  let isFrozen = false;
  let pauseTicks = 0;
  let probing: { readonly end: () => void; ageTicks: number } | null = null;

  function freeze(): void {
    pauseTicks = PROBE_PAUSE_TICKS;
    if (isFrozen) return;
    isFrozen = true;
    for (const exchange of exchanges) exchange.giveUp();
    onFrozen();
  }

  function startProbe(): void {
    const { answered, end } = probe();
    const current = { end, ageTicks: 0 };
    probing = current;
    void answered.then(() => {
      end();
      if (probing !== current) return;
      probing = null;
      if (!isFrozen) return;
      isFrozen = false;
      onAnswering();
    });
  }

  function tick(): void {
    let oldestTicks = 0;
    for (const exchange of exchanges) {
      exchange.ageTicks += 1;
      oldestTicks = Math.max(oldestTicks, exchange.ageTicks);
      if (exchange.ageTicks >= EXCHANGE_DEADLINE_TICKS) exchange.giveUp();
    }
    pauseTicks = Math.max(0, pauseTicks - 1);
    if (probing === null) {
      if (pauseTicks === 0 && (isFrozen || oldestTicks >= PROBE_AFTER_TICKS)) startProbe();
      return;
    }
    probing.ageTicks += 1;
    if (probing.ageTicks < PROBE_DEADLINE_TICKS) return;
    probing.end();
    probing = null;
    freeze();
  }

  const ticker = setInterval(tick, TICK_MILLISECONDS);
  ticker.unref();

  return {
    watch: (exchange) => (isFrozen ? Promise.reject(unavailableFault()) : join(exchanges, exchange)),
    end() {
      clearInterval(ticker);
      probing?.end();
    },
  };
}

function join<T>(exchanges: Set<Exchange>, exchange: () => PromiseLike<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const entry: Exchange = {
      ageTicks: 0,
      giveUp() {
        exchanges.delete(entry);
        reject(unavailableFault());
      },
    };
    exchanges.add(entry);
    exchange().then(
      (value) => {
        exchanges.delete(entry);
        resolve(value);
      },
      (error: unknown) => {
        exchanges.delete(entry);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
