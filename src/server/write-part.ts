import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";

/** A reader that takes nothing for so long is given up: what it was to get is held in memory for it. */
const STALL_MILLISECONDS = 60_000;

/** Writes a part of a long answer and waits while its reader is slower than we are; other requests come in between. */
export async function writePart(response: ServerResponse, part: string, stallMilliseconds: number = STALL_MILLISECONDS): Promise<void> {
  if (response.destroyed) return;
  if (!response.write(part)) await drained(response, stallMilliseconds);
  // A reader as fast as we are drains each part before anybody else has a turn.
  await setImmediate();
}

async function drained(response: ServerResponse, stallMilliseconds: number): Promise<void> {
  const over = new AbortController();
  const stall = setTimeout(() => response.destroy(), stallMilliseconds);
  await Promise.race([once(response, "drain", over), once(response, "close", over)]).finally(() => {
    clearTimeout(stall);
    over.abort();
  });
}
