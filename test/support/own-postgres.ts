import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../src/database/embedded-postgres.ts";

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
      for (const pid of [server.pid, ...childrenOf(server.pid)]) process.kill(pid, signal);
    },
    async close() {
      await server.stop();
      directory.remove();
    },
  };
}

export function childrenOf(pid: number): readonly number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}
