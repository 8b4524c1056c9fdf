import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "./media.ts";
import { isAlive } from "./process-list.ts";
import { nextOutput, startNode } from "./tied.ts";

it("kills what a test run started when that is killed, and says so when a process ends without a word", async () => {
  const directory = mkdtempSync(join(tmpdir(), "headend-tied-"));
  const program = join(directory, "run.mts");
  writeFileSync(
    program,
    `import { startNode } from ${JSON.stringify(join(import.meta.dirname, "tied.ts"))};
console.log(startNode(["-e", "setInterval(() => undefined, 1000)"]).pid);
`,
  );
  const run = startNode(["--import", "tsx", program]);
  const pid = Number(await nextOutput(run));
  expect(isAlive(pid)).toBe(true);
  run.kill("SIGKILL");
  await eventually("it is gone", () => !isAlive(pid), 5_000);
  rmSync(directory, { recursive: true });
  await expect(nextOutput(startNode(["-e", "process.exit(3)"]))).rejects.toThrow("It ended with 3");
});
