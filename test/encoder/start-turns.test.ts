import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { liveDirectory } from "../../src/encoder/live-directory.ts";
import type { Observation, SessionLaunch, StartRunner } from "../../src/encoder/runner.ts";
import { createStartTurns } from "../../src/encoder/start-turns.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { httpOutput, launchOf, openMediaBench } from "./media-harness.ts";
import { allAre, createWorld, waitUntil, type World } from "./world.ts";

const WAITS = "It begins after others that are beginning on its encoder.";

let test: TestDatabase;
let world: World;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await test.close();
});

const PUSHED = {
  type: "RTMP_PUSH",
  ...{ urlA: null, urlB: null, failover: null, customStreamKey: null, srtEncryptionEnabled: false, srtPassphrase: null },
  hlsScte35PassthroughEnabled: false,
} as const;

/** Runners that stay where they are until a test says what becomes of them. */
function startPatientRunner() {
  const begun: string[] = [];
  const told = new Map<string, (status: Observation["status"]) => void>();
  const controlled: string[] = [];
  const start: StartRunner = ({ sessionId, outputs }: SessionLaunch, observe) => {
    begun.push(sessionId);
    const tell = (status: Observation["status"]): void => {
      const what = { status, health: "OK", reason: null } as const;
      observe({ ...what, playbacks: outputs.map(({ playbackId }) => ({ playbackId, ...what })) });
    };
    told.set(sessionId, tell);
    tell("STARTING");
    return {
      control: () => void controlled.push(sessionId),
      telemetry: () => null,
      stop: () => Promise.resolve(void told.delete(sessionId)),
    };
  };
  return {
    start,
    /** In order, once for each beginning. */
    begun,
    controlled,
    tell: (sessionId: string | undefined, status: Observation["status"]) => told.get(sessionId ?? "")?.(status),
  };
}

async function startMany(count: number, startLimit: number) {
  const runner = startPatientRunner();
  await world.startAgent({ runner: runner.start, startLimit });
  const ids = await world.createSessions(count);
  await world.start(ids);
  return { runner, ids };
}

it("begins a few sessions at a time, in order, and says of the others what they wait for", async () => {
  const { runner, ids } = await startMany(5, 2);
  const views = await waitUntil(
    () => world.view(ids),
    (all) => all.filter(({ status_reason }) => status_reason === WAITS).length === 3,
  );
  expect(views.map(({ status, health }) => [status, health])).toEqual(ids.map(() => ["STARTING", "OK"]));
  expect(runner.begun).toEqual(ids.slice(0, 2));
  expect(views.slice(0, 2).map(({ status_reason }) => status_reason)).toEqual([null, null]);
  // It runs.
  runner.tell(ids[1], "RUNNING");
  expect(runner.begun).toEqual(ids.slice(0, 3));
  // It waits for its input.
  runner.tell(ids[0], "WAITING");
  expect(runner.begun).toEqual(ids.slice(0, 4));
  // It has ended.
  runner.tell(ids[2], "FAILED");
  expect(runner.begun).toEqual(ids);
  runner.tell(ids[3], "RUNNING");
  runner.tell(ids[4], "RUNNING");
  const after = await waitUntil(
    () => world.view(ids),
    (all) => all[4]?.status === "RUNNING" && all[2]?.status === "FAILED",
  );
  expect(after.map(({ status }) => status)).toEqual(["WAITING", "RUNNING", "FAILED", "RUNNING", "RUNNING"]);
  expect(after[3]?.status_reason).toBeNull();
});

it("stops and deletes at once what waits for its turn, and gives the turn of what is stopped to the next", async () => {
  const { runner, ids } = await startMany(3, 1);
  const [first = "", second = "", third = ""] = ids;
  await waitUntil(
    () => world.view(ids),
    (all) => all[2]?.status_reason === WAITS,
  );
  await world.stop([second]);
  await waitUntil(() => world.view([second]), allAre("STOPPED"), 1_500);
  expect(runner.begun.filter((id) => id === third)).toEqual([]);
  await world.stop([first]);
  await waitUntil(
    () => runner.begun,
    (begun) => begun.includes(third),
    1_500,
  );
  await waitUntil(() => world.view([first]), allAre("STOPPED"));
  expect((await world.view([third]))[0]?.status).toBe("STARTING");
});

it("lets what has told nothing for five seconds hold up nobody else, and holds all of them meanwhile", async () => {
  const { runner, ids } = await startMany(2, 1);
  await waitUntil(
    () => world.view(ids),
    (all) => all[1]?.status_reason === WAITS,
  );
  expect(runner.begun).toEqual(ids.slice(0, 1));
  await waitUntil(
    () => runner.begun,
    (begun) => begun.length === 2,
  );
  const views = await world.view(ids);
  expect(views.map(({ status, epoch }) => [status, epoch])).toEqual([
    ["STARTING", 1],
    ["STARTING", 1],
  ]);
});

it("lets what takes the place of a running session begin before all that wait", async () => {
  const runner = startPatientRunner();
  await world.startAgent({ runner: runner.start, startLimit: 1 });
  const [running = "", ...others] = await world.createSessions(4);
  await world.start([running]);
  await waitUntil(
    () => runner.begun,
    (begun) => begun.length === 1,
  );
  runner.tell(running, "RUNNING");
  await waitUntil(() => world.view([running]), allAre("RUNNING"));
  await world.start(others);
  await waitUntil(
    () => world.view(others),
    (all) => all.filter(({ status_reason }) => status_reason === WAITS).length === 2,
  );
  await world.restart([running]);
  await waitUntil(
    () => world.view([running]),
    ([view]) => view?.status_reason === WAITS,
  );
  expect(runner.begun).toEqual([running, others[0]]);
  runner.tell(others[0], "RUNNING");
  expect(runner.begun).toEqual([running, others[0], running]);
  runner.tell(running, "RUNNING");
  expect(runner.begun).toEqual([running, others[0], running, others[1]]);
});

it("begins at once whatever is pushed, since nobody may find nobody listening", async () => {
  const runner = startPatientRunner();
  await world.startAgent({ runner: runner.start, startLimit: 1 });
  const pulled = await world.createSessions(2);
  const pushed = await world.createSessions(3, { source: PUSHED });
  await world.start(pulled);
  await waitUntil(
    () => world.view(pulled),
    (all) => all.some(({ status_reason }) => status_reason === WAITS),
  );
  await world.start(pushed);
  await waitUntil(
    () => runner.begun,
    (begun) => begun.length === 4,
  );
  expect(runner.begun).toEqual([pulled[0], ...pushed]);
  runner.tell(pushed[0], "RUNNING");
  expect(runner.begun).not.toContain(pulled[1]);
});

it("fails what cannot be started when its turn comes, and goes on with the next", async () => {
  const runner = startPatientRunner();
  const [broken = "", ...ids] = await world.createSessions(3);
  await world.startAgent({
    startLimit: 1,
    runner(launch, observe) {
      if (launch.sessionId === broken) throw new Error("Nothing goes");
      return runner.start(launch, observe);
    },
  });
  await world.start([broken, ...ids]);
  const [view] = await waitUntil(() => world.view([broken]), allAre("FAILED"));
  expect(view?.status_reason).toBe("The encoder could not be started.");
  await waitUntil(
    () => runner.begun,
    (begun) => begun[0] === ids[0],
  );
});

it("clears away what an earlier run left when it ends before its turn, and runs nothing for that", async () => {
  const media = await openMediaBench();
  const start = createStartTurns({ startRunner: media.startRunner, limit: 1, log: pino({ level: "silent" }) });
  const input = { type: "MULTICAST_PULL", urlA: "udp://239.255.77.1:45000" } as const;
  const seen: Observation[][] = [[], []];
  const [first, second] = seen.map((observations) => {
    const output = httpOutput();
    const launch = launchOf(input, [output]);
    const directory = join(liveDirectory(join(media.root, "media")), output.pathToken);
    mkdirSync(directory, { recursive: true });
    const runner = start({ launch, observe: (observation) => void observations.push(observation), isUrgent: false });
    return { runner, directory };
  });
  expect(seen[1]?.map(({ status, reason }) => [status, reason])).toEqual([["STARTING", WAITS]]);
  await second?.runner.stop();
  expect(existsSync(second?.directory ?? "")).toBe(false);
  expect(existsSync(first?.directory ?? "")).toBe(true);
  expect(seen[1]?.at(-1)?.status).toBe("STOPPED");
  await first?.runner.stop();
  await media.close();
});
