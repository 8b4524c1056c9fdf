import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";

const run = promisify(execFile);

/** Seconds from each frame of a stream to the next, in the order of presentation. */
async function steps(target: string, stream: string): Promise<readonly number[]> {
  const shown = ["-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", target];
  const { stdout } = await run("ffprobe", ["-v", "error", ...shown], { maxBuffer: 50_000_000 });
  const times = stdout.split("\n").filter(Boolean).map(Number.parseFloat);
  expect(times.length).toBeGreaterThan(50);
  const sorted = times.toSorted((one, other) => one - other);
  return sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
}

/** Picture and sound of a recording go on without a gap of a second, and nothing is crammed into one moment. */
export async function expectSteady(path: string): Promise<void> {
  for (const stream of ["v:0", "a:0"]) {
    const found = await steps(path, stream);
    expect(Math.max(...found)).toBeLessThan(1);
    expect(found.filter((step) => step < 0.004).length).toBeLessThanOrEqual(2);
  }
}
