import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Agent } from "../../src/encoder/agent.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { createWorld, waitUntil, type SessionView, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterAll(async () => {
  await world.close();
  await test.close();
});

const SESSION_COUNT = 6;

const step = fc.record({
  act: fc.constantFrom("start", "start", "stop", "restart", "rolling", "fail", "replace agent"),
  sessions: fc.uniqueArray(fc.nat({ max: SESSION_COUNT - 1 }), { minLength: 1 }),
  pause: fc.integer({ min: 0, max: 120 }),
});

function isSettled(view: SessionView): boolean {
  if (view.is_queued) return false;
  if (view.desired_status === "STOPPED") return view.status === "STOPPED" && view.encoder_id === null;
  return (view.status === "RUNNING" && view.encoder_id !== null) || (view.status === "FAILED" && view.encoder_id === null);
}

function runningOf(views: readonly SessionView[]): string {
  return views
    .flatMap((view) => (view.status === "RUNNING" ? view.id : []))
    .sort()
    .join();
}

describe("whatever is asked for, in whatever order", () => {
  it("ends as wanted, with never two encoders for one session and every change told once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const recorder = startRecordingRunner();
        await world.startReaper();
        const ids = await world.createSessions(SESSION_COUNT);
        let agents: Agent[] = [await world.startAgent({ runner: recorder.start, capacity: 4 }), await world.startAgent({ runner: recorder.start, capacity: 4 })]; // prettier-ignore
        const acts: Record<string, (chosen: readonly string[]) => Promise<unknown> | void> = {
          start: world.start,
          stop: world.stop,
          restart: (chosen) => world.restart(chosen),
          rolling: (chosen) => world.restart(chosen, 1),
          fail: () => recorder.tell({ status: "FAILED", health: "ERROR", reason: "It crashed." }),
          async "replace agent"() {
            const [oldest, ...others] = agents;
            await oldest?.close();
            agents = [...others, await world.startAgent({ runner: recorder.start, capacity: 4 })];
          },
        };
        for (const { act, sessions, pause } of steps) {
          await acts[act]?.(sessions.map((index) => ids[index] ?? ""));
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
        const views = await waitUntil(
          () => world.view(ids),
          (all) => all.every(isSettled) && runningOf(all) === [...recorder.running].sort().join(),
          15_000,
        );
        expect(recorder.overlaps).toEqual([]);
        for (const view of views) await expectUnbrokenChanges(view);
        await world.reset();
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});

/** Each change begins where the one before it ended, and the last one ends where the session is. */
async function expectUnbrokenChanges(view: SessionView): Promise<void> {
  const changes = await world.statusChanges(view.id);
  const steps = changes.map(({ before, after }) => [`${before.status} ${before.health}`, `${after.status} ${after.health}`] as const);
  const told = steps.map((step) => step.join(" → ")).join(", ");
  steps.forEach(([before], index) => expect(before, told).toBe(steps[index - 1]?.[1] ?? "STOPPED OK"));
  expect(steps.at(-1)?.[1] ?? "STOPPED OK", told).toBe(`${view.status} ${view.health}`);
}
