import { readdirSync, readFileSync } from "node:fs";
import { megabytes } from "./measure.ts";

export const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** Processor time of a process, of its own and in the kernel, in ticks; null when it is gone. */
export function readTicks(pid: number | undefined): number | null {
  const fields = readStatus(pid);
  return fields === null || fields[0] === "Z" ? null : Number(fields[11]) + Number(fields[12]);
}

/** The same of a process and its children that are there, those that ended left out. */
export function readTicksOfFamily(pid: number): number {
  const family = listProcesses().filter((each) => each === pid || Number(readStatus(each)?.[1]) === pid);
  return family.reduce((sum, each) => sum + (readTicks(each) ?? 0), 0);
}

/** The processes that a process started, and that run this program. */
export function listChildren(pid: number, program: string): readonly number[] {
  return listProcesses().filter((child) => Number(readStatus(child)?.[1]) === pid && readProgram(child) === program);
}

/**
 * Processor time of several processes, each at this moment, in parts of ticks: a process that takes a fifth of a tick in a second would
 * else be seen to take none, or a whole one. Of threads that are there; what is gone has none.
 */
export function readTicksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readNanoseconds(pid) / (1_000_000_000 / TICKS_PER_SECOND), 0);
}

function readNanoseconds(pid: number): number {
  return listThreads(pid).reduce((sum, thread) => sum + readThread(`/proc/${pid}/task/${thread}/schedstat`), 0);
}

function listThreads(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readThread(path: string): number {
  try {
    return Number(readFileSync(path, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}

/** The memory that a process holds now, what it shares with others divided among them; what is gone has none. */
export function proportionalMegabytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) / 1024;
  } catch {
    return 0;
  }
}

/** The memory that a process holds now. */
export function residentMegabytes({ pid }: { readonly pid?: number | undefined }): number {
  return megabytes(Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES);
}

function listProcesses(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readProgram(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** The fields of `/proc/PID/stat` after the name of the program, the state first. */
function readStatus(pid: number | undefined): readonly string[] | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
