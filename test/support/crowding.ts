import { availableParallelism, loadavg } from "node:os";

/**
 * How many processes want each core of this machine, at least 1: what a limit of time is multiplied by where the limit is about a machine
 * that has room for the test.
 */
export function crowding(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}
