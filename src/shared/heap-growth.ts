import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** What a small heap may grow by: a gateway of few sockets keeps 40 MB, and its answers would fill half as much twice a second. */
const LEAST_BYTES = 96 * 1024 * 1024;
/** What a large one may: left to itself, V8 lets that of thousands of sockets grow by more than these take themselves. */
const LEAST_PERCENT = 50;
const LOOK_MILLISECONDS = 2_000;

/** How much of a heap of so many bytes may come on top before all of it is collected, in whole percent. */
export function growthPercent(usedBytes: number): number {
  return Math.max(LEAST_PERCENT, Math.round((100 * LEAST_BYTES) / usedBytes));
}

/** Keeps V8 from collecting a small heap again and again, and from letting a large one grow too far. Keeps no process alive. */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${LEAST_PERCENT}`);
  const look = (): void => setFlagsFromString(`--heap-growing-percent=${growthPercent(getHeapStatistics().used_heap_size)}`);
  setInterval(look, LOOK_MILLISECONDS).unref();
}
