import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The setting on PostgreSQL's command line by which the Headend process that started it is known. */
export const HOLDER_SETTING = "headend.holder_pid";

/** A PostgreSQL that lives on a data directory. */
export interface PostgresHolder {
  readonly postmasterPid: number;
  /** The Headend process that started it; null when it was started by other means. */
  readonly holderPid: number | null;
  readonly since: Date;
  readonly socketDirectory: string;
  /** Whether it takes connections. */
  readonly isReady: boolean;
}

/** Who holds the data directory; null when nobody does. A pid file whose number now names another program counts as nobody. */
export function findHolder(dataDirectory: string): PostgresHolder | null {
  const content = readPidFile(dataDirectory);
  if (content === null) return null;
  const [pid, , startedAt, , socketDirectory, , , status] = content.split("\n").map((line) => line.trim());
  const command = commandLine(Number(pid));
  if (command === null || !isPostmaster(command)) return null;
  const holderPid = command.map((part) => part.split(`${HOLDER_SETTING}=`)[1]).find((part) => part !== undefined);
  return {
    postmasterPid: Number(pid),
    holderPid: holderPid === undefined ? null : Number.parseInt(holderPid, 10),
    since: new Date(Number(startedAt) * 1000),
    socketDirectory: socketDirectory ?? "",
    isReady: status === "ready",
  };
}

/**
 * Removes the pid file of a PostgreSQL that is gone and whose number another program has by now (a container restart gives the same
 * numbers again); PostgreSQL itself would take that program for itself and refuse. A file that changed meanwhile is put back.
 */
export function removeStalePidFile(dataDirectory: string): void {
  const content = readPidFile(dataDirectory);
  if (content === null || findHolder(dataDirectory) !== null) return;
  const path = join(dataDirectory, "postmaster.pid");
  const aside = join(dataDirectory, `postmaster.pid.stale-${process.pid}`);
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== content) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readPidFile(dataDirectory: string): string | null {
  try {
    return readFileSync(join(dataDirectory, "postmaster.pid"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isPostmaster(command: readonly string[]): boolean {
  return /(^|\/)postgres$/.test(command[0] ?? "");
}

/** The words of a process's command line; null when there is no such process. */
function commandLine(pid: number): readonly string[] | null {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
  } catch {
    return null;
  }
}
