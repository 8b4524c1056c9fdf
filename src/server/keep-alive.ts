/** Pings connections now and then. One timer for all: each has its turn in a round. */
export interface KeepAlive {
  /** Calls `ping` once a round; gives the function that ends it. */
  readonly add: (ping: () => void) => () => void;
  readonly close: () => void;
}

/** Proxies end a connection that was silent for a minute or less. */
export const PING_SECONDS = 12;

export function startKeepAlive(): KeepAlive {
  const turns = Array.from({ length: PING_SECONDS }, () => new Set<() => void>());
  let turn = 0;
  let nextOfNew = 0;
  const timer = setInterval(() => {
    turn = (turn + 1) % turns.length;
    for (const ping of turns[turn] ?? []) ping();
  }, 1_000);
  timer.unref();
  return {
    add(ping) {
      nextOfNew = (nextOfNew + 1) % turns.length;
      const pings = turns[nextOfNew];
      pings?.add(ping);
      return () => pings?.delete(ping);
    },
    close: () => clearInterval(timer),
  };
}
