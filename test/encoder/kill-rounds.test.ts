import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { startAgentProcess, type AgentProcess } from "./start-agent-process.ts";
import { allAre, createWorld, waitUntil, type SessionView, type World } from "./world.ts";

/** One more than it takes to leave them to another; more of them for a soak. */
const ROUNDS = Number(process.env["SOAK_ROUNDS"] ?? 4);
const DEADLINE_MILLISECONDS = 10_000;

let test: TestDatabase;
let world: World;
let directories: string[];
const children: ChildProcess[] = [];
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
  directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), "headend-rounds-")));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  await world.close();
  await test.close();
});

async function startProcess(directory: string | undefined): Promise<AgentProcess> {
  const started = await startAgentProcess(test.address, directory ?? "");
  children.push(started.child);
  return started;
}

async function kill({ child }: AgentProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("an agent killed again and again", () => {
  it(
    "has its sessions again when it comes back, and else leaves them to another, within 10 s each time",
    async () => {
      const ids = await world.createSessions(4);
      const agents = await Promise.all(directories.map(startProcess));
      await world.start(ids);
      await waitUntil(() => world.view(ids), allAre("RUNNING"));
      for (let round = 1; round <= ROUNDS; round += 1) {
        const before = new Map((await world.view(ids)).map((view) => [view.id, view]));
        const index = agents.findIndex(({ encoderId }) => encoderId === before.get(ids[0] ?? "")?.encoder_id);
        const [victim, survivor] = [agents[index], agents[1 - index]] as [AgentProcess, AgentProcess];
        await kill(victim);
        const comesBack = round % 3 !== 0;
        if (comesBack) agents[index] = await startProcess(directories[index]);
        const isRunningAgain = (view: SessionView): boolean => {
          const { encoder_id: holder, epoch } = before.get(view.id) as SessionView;
          if (view.status !== "RUNNING") return false;
          if (holder !== victim.encoderId) return view.encoder_id === holder && view.epoch === epoch;
          // One that takes longer than a lease to come back finds them with the other.
          const holders = comesBack ? [victim, survivor] : [survivor];
          return view.epoch > epoch && holders.some(({ encoderId }) => encoderId === view.encoder_id);
        };
        await waitUntil(
          () => world.view(ids),
          (views) => views.every(isRunningAgain),
          DEADLINE_MILLISECONDS,
        );
        if (!comesBack) agents[index] = await startProcess(directories[index]);
        expect(agents[index]?.encoderId).toBe(victim.encoderId);
      }
    },
    ROUNDS * (DEADLINE_MILLISECONDS + 5000),
  );
});
