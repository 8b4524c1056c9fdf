import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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

/** The processes that a process started and that live. */
export function childrenOf(parent: number): readonly number[] {
  return listProcesses()
    .filter((each) => each.parent === parent)
    .map(({ pid }) => pid);
}

/** A bare machine has /proc and no `ps`; another system has `ps` and no /proc. */
function listProcesses(): readonly { readonly pid: number; readonly parent: number }[] {
  if (!existsSync("/proc/self/stat")) {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
    return lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => ({ pid, parent }));
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
}

function parentOf(name: string): number {
  try {
    // The name of the program stands in brackets and may itself hold any of them.
    return Number(readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return 0;
  }
}
