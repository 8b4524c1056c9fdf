import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A process as the system lists it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Its command and arguments, a space between them; empty for one that ended and was not collected. */
  readonly args: string;
}

/** What Linux counts in, on every architecture that Node.js runs on. */
const CLOCK_TICKS_PER_SECOND = 100;

/** All processes of this machine. A bare one has /proc and no `ps`; another system has `ps` and no /proc. */
export function listProcesses(): readonly ListedProcess[] {
  if (existsSync("/proc/self/stat")) {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(name) ?? []);
  }
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm);
  return [...rows]
    .map(([, pid, parent, args = ""]) => ({ pid: Number(pid), parent: Number(parent), args: /<defunct>|^\(.*\)$/.test(args) ? "" : args }))
    .filter(({ args }) => !args.startsWith("ps -A"));
}

/** Whether a process runs; one that ended and was not collected does not. */
export function isAlive(pid: number): boolean {
  if (existsSync("/proc/self/stat")) return /^[^Z]/.test(readFields(String(pid))?.[0] ?? "Z");
  return listProcesses().some((each) => each.pid === pid && each.args !== "");
}

/** Numbers of all processes of which an argument holds a text. */
export function processesWith(text: string): readonly number[] {
  return listProcesses()
    .filter(({ args }) => args.includes(text))
    .map(({ pid }) => pid);
}

/** The processes that a process started and that live. */
export function childrenOf(parent: number): readonly number[] {
  return listProcesses()
    .filter((each) => each.parent === parent)
    .map(({ pid }) => pid);
}

/** When a process began, in seconds since this machine did; null where the system does not tell. */
export function startedAtSeconds(pid: number): number | null {
  const ticks = readFields(String(pid))?.[19];
  return ticks === undefined ? null : Number(ticks) / CLOCK_TICKS_PER_SECOND;
}

/** By the clock of `startedAtSeconds`. */
export function uptimeSeconds(): number {
  return existsSync("/proc/uptime") ? Number.parseFloat(readFileSync("/proc/uptime", "utf8")) : 0;
}

/** Null when it ended meanwhile. */
function readProcess(name: string): ListedProcess | null {
  const parent = Number(readFields(name)?.[1]);
  try {
    return Number.isNaN(parent)
      ? null
      : { pid: Number(name), parent, args: readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim() };
  } catch {
    return null;
  }
}

/** What stands behind the program's name, which is in brackets and may itself hold any of them: state, parent and so on. */
function readFields(name: string): readonly string[] | null {
  try {
    const status = readFileSync(`/proc/${name}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
