import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../shared/log.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from "./embedded-postgres.ts";

const RESTART_MILLISECONDS = 500;

/** Starts the embedded PostgreSQL and starts it again whenever it ends unasked (killed, out of memory); its address stays the same. */
export async function keepEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  log: Logger,
): Promise<Pick<EmbeddedPostgres, "address" | "stop">> {
  let server = await startEmbeddedPostgres(options);
  const stopping = new AbortController();

  async function keep(): Promise<void> {
    for (;;) {
      await server.ended;
      if (stopping.signal.aborted) return;
      log.error("PostgreSQL ended by itself and is started again");
      const next = await restart();
      if (next === null) return;
      server = next;
      // The end came while this one was starting.
      if (stopping.signal.aborted) await server.stop();
    }
  }

  async function restart(): Promise<EmbeddedPostgres | null> {
    while (!stopping.signal.aborted) {
      try {
        return await startEmbeddedPostgres(options);
      } catch (error) {
        log.error({ err: error }, "PostgreSQL did not start");
        await wait(RESTART_MILLISECONDS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  const kept = keep();
  return {
    address: server.address,
    async stop() {
      stopping.abort();
      await server.stop();
      await kept;
    },
  };
}
