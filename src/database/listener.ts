import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../shared/log.ts";
import { openConnections, type DatabaseAddress } from "./connection.ts";
import type { NotificationListener } from "./database.ts";
import type { Liveness } from "./liveness.ts";

/** A listening connection is silent by nature; asking it now and then is the only way to learn that it is dead. */
const HEARTBEAT_MILLISECONDS = 5_000;
const RECONNECT_MILLISECONDS = 250;

export interface ListenOptions {
  readonly address: DatabaseAddress;
  readonly applicationName: string;
  readonly channel: string;
  readonly listener: NotificationListener;
  readonly liveness: Liveness;
  readonly log: Logger;
}

/** Keeps one connection listening on a channel for ever; resolves after the first attempt, with the function that ends it. */
export async function keepListening(options: ListenOptions): Promise<() => Promise<void>> {
  const ending = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  await new Promise<void>((firstAttempt) => {
    loop = listenForEver(options, ending.signal, firstAttempt);
  });
  return async () => {
    ending.abort();
    await loop;
  };
}

async function listenForEver(options: ListenOptions, signal: AbortSignal, attempted: () => void): Promise<void> {
  let wasTold = false;
  while (!signal.aborted) {
    try {
      await listenOnce(options, signal, () => {
        wasTold = false;
        attempted();
      });
    } catch (error) {
      if (!signal.aborted && !wasTold) options.log.warn({ err: error, channel: options.channel }, "listening was interrupted");
      wasTold = true;
    }
    attempted();
    await pause(RECONNECT_MILLISECONDS, signal);
  }
}

/** Listens until the connection is lost or the signal comes. */
async function listenOnce(
  { address, applicationName, channel, listener, liveness }: ListenOptions,
  signal: AbortSignal,
  onListening: () => void,
): Promise<void> {
  const lost = new AbortController();
  const connection = openConnections(address, {
    applicationName,
    maxConnections: 1,
    driver: {
      idle_timeout: 0,
      max_lifetime: null,
      fetch_types: false,
      onclose: () => lost.abort(),
      // The driver knows this option, its types do not: its own `listen` hides the connection that would have to be watched.
      ...{ onnotify: () => listener.onNotification() },
    },
  });
  try {
    await liveness.watch(() => connection.unsafe(`listen "${channel}"`));
    listener.onListening();
    onListening();
    const ended = AbortSignal.any([lost.signal, signal]);
    while (!ended.aborted) {
      await pause(HEARTBEAT_MILLISECONDS, ended);
      if (!ended.aborted) await liveness.watch(() => connection.unsafe("select 1"));
    }
  } finally {
    await connection.end({ timeout: 0 });
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An aborted pause is over, which is all that it is asked for.
  await wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}
