import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findRunningPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type SocketAddress,
} from "../../src/database/embedded-postgres.ts";
import { keepEmbeddedPostgres } from "../../src/database/embedded-postgres.keeper.ts";
import { createLog } from "../../src/shared/log.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { nextOutput, startNode } from "../support/tied.ts";

let directory: ReturnType<typeof makeTestDirectory>;
let dataDirectory: string;
const cleanUps: (() => Promise<unknown> | void)[] = [];

beforeEach(() => {
  directory = makeTestDirectory();
  dataDirectory = join(directory.path, "postgres");
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  directory.remove();
});

async function start(at: string = dataDirectory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDirectory: at, isDurable: false });
  cleanUps.push(() => server.stop());
  return server;
}

async function query(address: SocketAddress, statement: string): Promise<readonly unknown[]> {
  const { socketDirectory, ...rest } = address;
  const connection = postgres({ ...rest, host: socketDirectory, max: 1 });
  try {
    return [...(await connection.unsafe(statement).values())];
  } finally {
    await connection.end({ timeout: 1 });
  }
}

/** Another process that holds the directory; the line that it printed is PostgreSQL's pid, or why it did not start. */
async function hold(): Promise<{ readonly holder: ChildProcess; readonly line: string }> {
  const words = ["--import", "tsx", "test/support/embedded-holder.ts", dataDirectory];
  const holder = startNode(words);
  cleanUps.push(() => void holder.kill("SIGKILL"));
  return { holder, line: await nextOutput(holder) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a start", () => {
  it("makes the data directory, listens on a socket alone, and sorts by bytes in UTF-8", async () => {
    const { address } = await start();
    const settings =
      "select current_setting('listen_addresses'), datcollate, pg_encoding_to_char(encoding) from pg_database where datname = current_database()";
    expect(await query(address, settings)).toEqual([["", "C", "UTF8"]]);
    expect(statSync(address.socketDirectory).mode & 0o077).toBe(0);
    expect(findRunningPostgres(dataDirectory)).toEqual(address);
  });

  it("finds what an earlier one stored", async () => {
    const first = await start();
    await query(first.address, "create table kept as select 42 as value");
    await first.stop();
    expect(findRunningPostgres(dataDirectory)).toBeNull();
    const second = await start();
    expect(await query(second.address, "select value from kept")).toEqual([[42]]);
  });

  it("removes what a killed first start left half done, and nothing of one that lives", async () => {
    const leftovers = [`${dataDirectory}.init-${2 ** 22 + 1}`, `${dataDirectory}.init-${process.pid}`];
    const living = `${dataDirectory}.init-${process.ppid}`;
    for (const path of [...leftovers, living]) {
      mkdirSync(path);
      writeFileSync(join(path, "half"), "done");
    }
    await start();
    expect(leftovers.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync(living)).toBe(true);
  });

  it("refuses a directory of another major version and names both", async () => {
    mkdirSync(dataDirectory);
    writeFileSync(join(dataDirectory, "PG_VERSION"), "15\n");
    await expect(start()).rejects.toThrow(/PostgreSQL 15.*brings 18/);
  });

  it("passes over a pid file whose number names another program by now", async () => {
    const first = await start();
    const pidFile = readFileSync(join(dataDirectory, "postmaster.pid"), "utf8");
    await first.stop();
    // This process lives, and is no PostgreSQL.
    writeFileSync(join(dataDirectory, "postmaster.pid"), pidFile.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await query(second.address, "select 1")).toEqual([[1]]);
    expect(readdirSync(dataDirectory).filter((name) => name.startsWith("postmaster.pid."))).toEqual([]);
  });

  it("takes a short socket path where that of the data directory is too long", async () => {
    const long = join(directory.path, "d".repeat(100));
    const { address } = await start(join(long, "postgres"));
    expect(address.socketDirectory.startsWith(long)).toBe(false);
    expect(await query(address, "select 1")).toEqual([[1]]);
  });

  it("passes through a directory that is closed to others, and is never root", async () => {
    const closed = join(directory.path, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const { address, pid } = await start(join(closed, "data", "postgres"));
    expect(await query(address, "select 1")).toEqual([[1]]);
    // The owner of the socket is who made it.
    expect(isRunning(pid)).toBe(true);
    expect(statSync(join(address.socketDirectory, ".s.PGSQL.5432")).uid).not.toBe(0);
  });
});

it("says why PostgreSQL does not start, also when that was found out before anybody looked", async () => {
  const lookAway = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  const failing = startEmbeddedPostgres({ dataDirectory, isDurable: false, settings: { no_such_setting: "1" }, meanwhile: lookAway });
  await expect(failing).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
});

describe("a second start on the same directory", () => {
  it("ends and says who holds it, and since when", async () => {
    const { holder, line: pid } = await hold();
    const second = await hold();
    expect(second.line).toContain(`held by Headend, process ${holder.pid}, since 20`);
    const [code] = (second.holder.exitCode === null ? await once(second.holder, "exit") : [second.holder.exitCode]) as [number];
    expect(code).toBe(1);
    expect(isRunning(Number(pid))).toBe(true);
  });

  it("lets exactly one of three that start at once have it", async () => {
    const starts = await Promise.all([hold(), hold(), hold()]);
    const winners = starts.filter(({ line }) => /^\d+$/.test(line));
    expect(winners).toHaveLength(1);
    for (const { line } of starts.filter((each) => each !== winners[0])) expect(line).toContain(`process ${winners[0]?.holder.pid}`);
  });
});

describe("a holder that is killed", () => {
  it("takes its PostgreSQL along, and the next start has every acknowledged row", async () => {
    const { holder, line } = await hold();
    const address = findRunningPostgres(dataDirectory);
    if (!address) throw new Error("Not running");
    await query(address, "create table acknowledged as select generate_series(1, 1000) as number");
    holder.kill("SIGKILL");
    const next = await start();
    expect(isRunning(Number(line))).toBe(false);
    expect(await query(next.address, "select count(*)::int from acknowledged")).toEqual([[1000]]);
  });

  it("takes along one that hangs: a connection that is frozen keeps it from ending in order", async () => {
    const { holder, line } = await hold();
    const { socketDirectory, ...rest } = findRunningPostgres(dataDirectory)!;
    const connection = postgres({ ...rest, host: socketDirectory, max: 1, onclose: () => undefined });
    const [row] = await connection<{ pid: number }[]>`select pg_backend_pid() as pid`;
    process.kill(row!.pid, "SIGSTOP");
    holder.kill("SIGKILL");
    const next = await start();
    expect(isRunning(Number(line))).toBe(false);
    expect(await query(next.address, "select 1")).toEqual([[1]]);
    await connection.end({ timeout: 1 }).catch(() => undefined);
  });
});

it("is started again at the same address when PostgreSQL is killed", async () => {
  const kept = await keepEmbeddedPostgres({ dataDirectory, isDurable: false }, createLog({ level: "silent" }));
  cleanUps.push(() => kept.stop());
  const pid = Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]);
  process.kill(pid, "SIGKILL");
  await expect.poll(() => query(kept.address, "select 1").catch(() => null), { timeout: 20_000 }).toEqual([[1]]);
  await kept.stop();
  expect(findRunningPostgres(dataDirectory)).toBeNull();
});
