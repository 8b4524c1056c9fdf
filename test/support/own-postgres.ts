import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../src/database/embedded-postgres.ts";
import { childrenOf } from "./process-list.ts";

/** A directory that PostgreSQL's user can pass through when the tests run as root. */
export function makeTestDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "headend-own-"));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A PostgreSQL of one test's own, for tests that restart, freeze or kill it. */
export interface OwnPostgres {
  readonly server: EmbeddedPostgres;
  readonly restart: () => Promise<void>;
  /** Stops every process of it where it stands (SIGSTOP), or lets them go on. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  readonly close: () => Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const directory = makeTestDirectory();
  const start = () => startEmbeddedPostgres({ dataDirectory: join(directory.path, "postgres"), isDurable: false });
  let server = await start();
  return {
    get server() {
      return server;
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    signal(signal) {
      signalPostgres(server.pid, signal);
    },
    async close() {
      await server.stop();
      directory.remove();
    },
  };
}

/** Stops every process of a PostgreSQL where it stands, or lets them go on. */
export function signalPostgres(postmasterPid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of [postmasterPid, ...childrenOf(postmasterPid)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // A backend that ended in the meantime.
    }
  }
}
