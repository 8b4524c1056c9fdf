// Loaded before the product (node --expose-gc --import): on SIGUSR2 it collects all garbage and writes what is left, as one line; on
// SIGWINCH it counts live objects as well, for which the process stands still for a second and more.
import { readdirSync } from "node:fs";
import { Socket } from "node:net";
import { queryObjects } from "node:v8";

const probe = setTimeout(() => undefined, 0);
const Timeout = probe.constructor;
clearTimeout(probe);

/** Objects that are alive, those that nothing waits for among them: `getActiveResourcesInfo` leaves out timers that are unreferenced. */
const KINDS = { timers: Timeout, sockets: Socket, signals: AbortSignal };

process.on("SIGUSR2", () => measure({}));
process.on("SIGWINCH", () => measure(KINDS));

function measure(kinds) {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, rss, external } = process.memoryUsage();
  const objects = Object.fromEntries(Object.entries(kinds).map(([kind, type]) => [kind, queryObjects(type, { format: "count" })]));
  for (const name of process.getActiveResourcesInfo()) objects[name] = (objects[name] ?? 0) + 1;
  const descriptors = readdirSync("/proc/self/fd").length;
  process.stdout.write(`MEASURED ${JSON.stringify({ heapUsed, rss, external, descriptors, objects })}\n`);
}
