import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Logger } from "../shared/log.ts";

/** A process that we started, told apart from any other that later has its number. */
const ProcessRecord = z.object({
  pid: z.int().positive(),
  startedAt: z.string().min(1),
  owner: z.object({ pid: z.int().positive(), startedAt: z.string().min(1) }),
});
type ProcessRecord = z.infer<typeof ProcessRecord>;

/** Neither ever throws: a process runs well without its record. */
export interface ProcessRecords {
  /** Writes down a process, so that a later start of ours finds it when we are killed. */
  readonly add: (pid: number) => void;
  readonly remove: (pid: number) => void;
}

/** Keeps records as small files in this directory, which belongs to one agent. What cannot be written goes to the log. */
export function openProcessRecords(directory: string, log: Logger | null = null): ProcessRecords {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owner = { pid: process.pid, startedAt: processStartTime(process.pid) ?? "unknown" };
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      log?.warn({ err: error }, "the record of a process could not be kept");
    }
  };
  return {
    add(pid) {
      const startedAt = processStartTime(pid);
      if (startedAt === null) return;
      const record: ProcessRecord = { pid, startedAt, owner };
      attempt(() => writeFileSync(fileOf(directory, pid), JSON.stringify(record), { mode: 0o600 }));
    },
    remove: (pid) => attempt(() => rmSync(fileOf(directory, pid), { force: true })),
  };
}

/**
 * Kills what a former run of ours left behind, and gives the numbers of what it killed. Only what has both the recorded
 * number and the recorded start, and whose owner is gone: any other process is not ours to end.
 */
export function reapLeftovers(directory: string): readonly number[] {
  const reaped: number[] = [];
  for (const name of listFiles(directory)) {
    const record = readRecord(join(directory, name));
    if (record !== null && processStartTime(record.owner.pid) === record.owner.startedAt) continue;
    if (record !== null && processStartTime(record.pid) === record.startedAt) {
      killGroup(record.pid);
      reaped.push(record.pid);
    }
    rmSync(join(directory, name), { force: true });
  }
  return reaped;
}

/** Ends a process that leads a group, and all of the group; one that is gone already is fine. */
export function killGroup(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** When a process began, in a form that differs between two processes of one number; null when there is none. */
export function processStartTime(pid: number): string | null {
  try {
    if (process.platform !== "linux") {
      return execFileSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
    }
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold anything, brackets too; the start is the 20th field behind it.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return null;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${fields[19]}`;
  } catch {
    return null;
  }
}

function fileOf(directory: string, pid: number): string {
  return join(directory, `${pid}.json`);
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return [];
  }
}

function readRecord(path: string): ProcessRecord | null {
  try {
    return ProcessRecord.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}
