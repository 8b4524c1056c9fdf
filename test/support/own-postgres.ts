import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../src/database/embedded-postgres.ts";
import { childrenOf } from "./process-list.ts";

/** A directory that PostgreSQL's user can pass through when the tests run as root. */
export function makeTestDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "headend-own-"));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * How PostgreSQL ends. FAST: in order, connections cut. IMMEDIATE: as in a crash, told to its clients. KILLED: the postmaster is gone
 * from one moment to the next. BACKEND_KILLED: one backend is, and PostgreSQL throws everybody out and recovers by itself.
 */
export const ENDINGS = ["FAST", "IMMEDIATE", "KILLED", "BACKEND_KILLED"] as const;
export type Ending = (typeof ENDINGS)[number];

/** A PostgreSQL of one test's own, for tests that restart, freeze or kill it. */
export interface OwnPostgres {
  readonly server: EmbeddedPostgres;
  /** Resolves when it takes connections again. */
  readonly restart: (ending?: Ending) => Promise<void>;
  /** Stops every process of it where it stands (SIGSTOP), or lets them go on. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  readonly close: () => Promise<void>;
}

export interface OwnPostgresOptions {
  /** Whether what was committed is there after a crash; false spares the disk. */
  readonly isDurable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

const START_ATTEMPTS = 50;
const RETRY_MILLISECONDS = 100;

export async function startOwnPostgres({ isDurable = false, settings = {} }: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  const directory = makeTestDirectory();
  const start = () => startEmbeddedPostgres({ dataDirectory: join(directory.path, "postgres"), isDurable, settings });
  let server = await start();

  async function restart(ending: Ending = "FAST"): Promise<void> {
    if (ending === "BACKEND_KILLED") return killBackend(server);
    if (ending === "FAST") await server.stop();
    else process.kill(server.pid, ending === "KILLED" ? "SIGKILL" : "SIGQUIT");
    await server.ended;
    server = await startAgain(start);
  }

  return {
    get server() {
      return server;
    },
    restart,
    signal(signal) {
      signalPostgres(server.pid, signal);
    },
    async close() {
      signalPostgres(server.pid, "SIGCONT");
      await server.stop();
      directory.remove();
    },
  };
}

/** Backends of a killed postmaster hold its memory until they notice. */
async function startAgain(start: () => Promise<EmbeddedPostgres>): Promise<EmbeddedPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await new Promise((done) => setTimeout(done, RETRY_MILLISECONDS));
    }
  }
}

/** Resolves once PostgreSQL has thrown out the others and takes connections again. */
async function killBackend({ pid, address }: EmbeddedPostgres): Promise<void> {
  const { socketDirectory, ...rest } = address;
  const connect = () => postgres({ ...rest, host: socketDirectory, max: 1, onnotice: () => undefined });
  const victim = connect();
  const [row] = await victim<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const before = new Set(childrenOf(pid));
  process.kill(row?.pid ?? 0, "SIGKILL");
  await victim.end({ timeout: 0 });
  // Its helpers are new ones once it has begun anew.
  await until(async () => [...before].every((each) => !childrenOf(pid).includes(each)));
  await until(async () => {
    const visitor = connect();
    return await visitor`select 1`
      .then(
        () => true,
        () => false,
      )
      .finally(() => visitor.end({ timeout: 0 }));
  });
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS * 10; attempt += 1) {
    if (await isReached()) return;
    await new Promise((done) => setTimeout(done, RETRY_MILLISECONDS / 10));
  }
  throw new Error("PostgreSQL did not come back");
}

/**
 * Lets processes go on when this test run is gone, since a frozen PostgreSQL would stay for ever: its pipe from us closes then. In a
 * group of its own, so that what ends us does not end it.
 */
const THAWER = 'while read -r _; do :; done; kill -CONT "$@" 2>/dev/null';

/** By the number of the postmaster. */
const thawers = new Map<number, ChildProcess[]>();

/** Stops every process of a PostgreSQL where it stands, or lets them go on. */
export function signalPostgres(postmasterPid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  const pids = [postmasterPid, ...childrenOf(postmasterPid)];
  if (signal === "SIGSTOP") thawLater(postmasterPid, pids);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // A backend that ended in the meantime.
    }
  }
  if (signal === "SIGSTOP") return;
  for (const thawer of thawers.get(postmasterPid) ?? []) thawer.stdin?.end();
  thawers.delete(postmasterPid);
}

function thawLater(postmasterPid: number, pids: readonly number[]): void {
  const thawer = spawn("/bin/sh", ["-c", THAWER, "thaw", ...pids.map(String)], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  thawer.stdin.on("error", () => undefined);
  thawer.unref();
  thawers.set(postmasterPid, [...(thawers.get(postmasterPid) ?? []), thawer]);
}
