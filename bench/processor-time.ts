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
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => Number(name) === pid || Number(readStatus(Number(name))?.[1]) === pid)
    .reduce((sum, name) => sum + (readTicks(Number(name)) ?? 0), 0);
}

/** The memory that a process holds now. */
export function residentMegabytes({ pid }: { readonly pid?: number | undefined }): number {
  return megabytes(Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES);
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
