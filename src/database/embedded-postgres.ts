import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { StartError } from "../shared/start-error.ts";
import { findPostgresBinaries, type PostgresBinaries } from "./embedded-postgres.binaries.ts";
import { HOLDER_SETTING, findHolder, isAlive, removeStalePidFile, type PostgresHolder } from "./embedded-postgres.holder.ts";
import { choosePostgresIdentity, type PostgresIdentity } from "./embedded-postgres.identity.ts";
import { EMBEDDED_USER, initializeDataDirectory } from "./embedded-postgres.initdb.ts";
import { SOCKET_PORT, makeSocketDirectory } from "./embedded-postgres.socket.ts";

/** How long a start waits for a holder that is still ending, before it says who that is. */
const LIVING_HOLDER_WAIT_MILLISECONDS = 1_500;
/** An end in order has ten seconds, then PostgreSQL gives its own processes five. */
const END_WAIT_MILLISECONDS = 20_000;
/** After which an end in order is not waited for any more; the next start then replays the log. */
const ORDERLY_END_MILLISECONDS = 10_000;
/** Crash recovery after a long run is part of this. */
const READY_WAIT_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 10;
const LOG_LIMIT_BYTES = 1_000_000;

/**
 * Stands between us and PostgreSQL. Its pipe from us closes when we end, however we end, and it then asks for a fast shutdown:
 * again and again, since PostgreSQL does not hear it right after its start, and for an immediate one in the end, since it can hang.
 * The pipe comes as file 3; PostgreSQL must not hold its reading end.
 */
const WATCHDOG = `
"$@" 3<&- </dev/null &
server=$!
{
  while read -r line; do :; done
  for second in 1 2 3 4 5 6 7 8 9 10; do kill -INT $server || exit; sleep 1; done
  while kill -QUIT $server; do sleep 1; done
} <&3 3<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $server
code=$?
kill $watcher 2>/dev/null
exit $code`;

/** Where a PostgreSQL is reached over a socket of this machine. */
export interface SocketAddress {
  readonly socketDirectory: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export interface EmbeddedPostgres {
  readonly address: SocketAddress;
  readonly pid: number;
  /** Resolves when PostgreSQL ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** A fast shutdown: open transactions are rolled back. Idempotent. */
  readonly stop: () => Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** PostgreSQL's own directory; made at the first start. */
  readonly dataDirectory: string;
  /** More settings, by name, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** False where the data may be lost, as in tests. */
  readonly isDurable?: boolean;
  /** Called once PostgreSQL starts in its own process, for what there is to do until it is ready. */
  readonly meanwhile?: () => void;
}

/** The data directory is in use; the message says by whom and since when. */
export class DataDirectoryHeldError extends StartError {
  override readonly name = "DataDirectoryHeldError";
  readonly holder: PostgresHolder;

  constructor(dataDirectory: string, holder: PostgresHolder) {
    const who = holder.holderPid === null ? `PostgreSQL, process ${holder.postmasterPid}` : `Headend, process ${holder.holderPid}`;
    super(
      `The data directory ${dirname(dataDirectory)} is held by ${who}, since ${holder.since.toISOString()}. Stop it first, or choose another HEADEND_DATA_DIR.`,
    );
    this.holder = holder;
  }
}

/** Starts PostgreSQL on its data directory, making that first where needed, and resolves when it takes connections. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDirectory = resolve(options.dataDirectory);
  const isDurable = options.isDurable ?? true;
  // PostgreSQL's user has to pass through where root starts it; nobody else has anything to look for here.
  await mkdir(dirname(dataDirectory), { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const binaries = await findPostgresBinaries();
  const identity = choosePostgresIdentity(dataDirectory, [binaries.root, dirname(dataDirectory)]);
  await waitForHolder(dataDirectory);
  await initializeDataDirectory({ dataDirectory, binaries, identity, isDurable });
  removeStalePidFile(dataDirectory);
  const socketDirectory = makeSocketDirectory(dataDirectory, identity);
  const settings = { ...serverSettings(socketDirectory, isDurable), ...options.settings };
  const server = spawnServer({ dataDirectory, binaries, identity, settings });
  try {
    options.meanwhile?.();
  } catch (error) {
    closePipe(server);
    throw error;
  }
  await waitUntilReady(dataDirectory, server);
  return presentServer(dataDirectory, server);
}

/** How to reach the PostgreSQL that another process runs on this data directory; null when there is none that is ready. */
export function findRunningPostgres(dataDirectory: string): SocketAddress | null {
  const holder = findHolder(resolve(dataDirectory));
  return holder?.isReady ? socketAddress(holder.socketDirectory) : null;
}

function socketAddress(socketDirectory: string): SocketAddress {
  return { socketDirectory, port: SOCKET_PORT, user: EMBEDDED_USER, database: "postgres" };
}

/** A holder that was killed leaves a PostgreSQL that is just ending; one that lives is told of at once, so to say. */
async function waitForHolder(dataDirectory: string): Promise<void> {
  const startedAt = Date.now();
  for (let holder = findHolder(dataDirectory); holder !== null; holder = findHolder(dataDirectory)) {
    const isOrphan = holder.holderPid !== null && !isAlive(holder.holderPid);
    const waited = Date.now() - startedAt;
    if (waited > (isOrphan ? END_WAIT_MILLISECONDS : LIVING_HOLDER_WAIT_MILLISECONDS))
      throw new DataDirectoryHeldError(dataDirectory, holder);
    // Its watchdog was killed as well: nobody else will ever end it.
    if (isOrphan && waited > LIVING_HOLDER_WAIT_MILLISECONDS)
      signalIfAlive(holder.postmasterPid, waited > ORDERLY_END_MILLISECONDS ? "SIGQUIT" : "SIGINT");
    await wait(isOrphan ? POLL_MILLISECONDS : 10 * POLL_MILLISECONDS);
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function serverSettings(socketDirectory: string, isDurable: boolean): Readonly<Record<string, string>> {
  return {
    listen_addresses: "",
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: "0700",
    port: String(SOCKET_PORT),
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    // Statements and their details hold what callers sent; only PostgreSQL's own state is logged.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
    [HOLDER_SETTING]: String(process.pid),
    ...(isDurable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
}

interface ServerLaunch {
  readonly dataDirectory: string;
  readonly binaries: PostgresBinaries;
  readonly identity: PostgresIdentity;
  readonly settings: Readonly<Record<string, string>>;
}

interface Server {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  readonly logFile: string;
  /** Where in the file its own lines begin, in bytes. */
  readonly logStart: number;
}

function spawnServer({ dataDirectory, binaries, identity, settings }: ServerLaunch): Server {
  const { owner, commandPrefix } = identity;
  const logFile = `${dataDirectory}.log`;
  const log = openLog(logFile);
  const logStart = statSync(logFile).size;
  const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [...commandPrefix, "/bin/sh", "-c", WATCHDOG, "sh", binaries.postgres, "-D", dataDirectory, ...words];
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: "/",
    env: { LC_ALL: "C", TZ: "UTC" },
    // A session of its own: Ctrl-C in a terminal is for us, and PostgreSQL ends after we have drained.
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
    ...(owner && commandPrefix.length === 0 ? { uid: owner.uid, gid: owner.gid } : {}),
  });
  closeSync(log);
  const ended = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  // Writing to or closing a pipe whose reader is gone is no news: `ended` tells.
  child.stdio[3]?.on("error", () => undefined);
  return { process: child, ended, logFile, logStart };
}

function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

async function waitUntilReady(dataDirectory: string, server: Server): Promise<void> {
  const deadline = Date.now() + READY_WAIT_MILLISECONDS;
  let hasEnded = false;
  void server.ended.then(() => (hasEnded = true));
  while (Date.now() < deadline) {
    const holder = findHolder(dataDirectory);
    if (holder?.isReady && holder.holderPid === process.pid) return;
    if (hasEnded) {
      // Two starts at once: PostgreSQL's own lock let the other one through.
      if (holder !== null && holder.holderPid !== process.pid) throw new DataDirectoryHeldError(dataDirectory, holder);
      throw new Error(
        `PostgreSQL ended while it started: ${readFileSync(server.logFile).subarray(server.logStart).toString().trim()} (see ${server.logFile})`,
      );
    }
    await wait(POLL_MILLISECONDS);
  }
  closePipe(server);
  throw new Error(`PostgreSQL was not ready after ${READY_WAIT_MILLISECONDS / 1000} s; see ${server.logFile}.`);
}

function presentServer(dataDirectory: string, server: Server): EmbeddedPostgres {
  const holder = findHolder(dataDirectory);
  if (holder === null) throw new Error(`PostgreSQL ended right after its start; see ${server.logFile}.`);
  let stopping: Promise<void> | null = null;
  return {
    address: socketAddress(holder.socketDirectory),
    pid: holder.postmasterPid,
    ended: server.ended,
    stop: () => (stopping ??= stopServer(server, holder)),
  };
}

async function stopServer(server: Server, { postmasterPid, socketDirectory }: PostgresHolder): Promise<void> {
  closePipe(server);
  const isEnded = await Promise.race([server.ended.then(() => true), wait(END_WAIT_MILLISECONDS, false, { ref: false })]);
  // It hangs; its log brings the next start back to the last commit.
  if (!isEnded && isAlive(postmasterPid)) process.kill(postmasterPid, "SIGKILL");
  await server.ended;
  // Empty by now, and made again by the next start; one that is not empty stays.
  await rmdir(socketDirectory).catch(() => undefined);
}

function closePipe(server: Server): void {
  server.process.stdio[3]?.destroy();
}
