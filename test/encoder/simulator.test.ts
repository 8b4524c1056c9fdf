import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_CONTROLS, type Observation, type SessionLaunch } from "../../src/encoder/runner.ts";
import { createSimulatedRunner } from "../../src/encoder/simulator.ts";
import { SIMULATED_FAULTS, simulatedSteps } from "../../src/encoder/simulator.script.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { createWorld, waitUntil, type World } from "./world.ts";

function launchOf(labels: readonly string[], type: SessionLaunch["input"]["type"] = "SRT_PULL"): SessionLaunch {
  return {
    organizationId: "organization_1",
    sessionId: "session_1",
    epoch: 1,
    generation: 1,
    runId: "run_1",
    name: "Channel",
    labels,
    input: {
      type,
      urlA: null,
      urlB: null,
      failover: null,
      streamKey: null,
      srtPassphrase: null,
      hlsScte35PassthroughEnabled: false,
      streamRemap: [],
    },
    slate: { isShownOnLoss: false, imageId: null },
    controls: NO_CONTROLS,
    outputs: ["a", "b"].map((playbackId) => ({
      playbackId,
      name: playbackId,
      type: "HTTP",
      renditions: [],
      urls: [],
      hlsEnabled: true,
      dashEnabled: false,
      fileFormat: null,
      maxFileDurationSeconds: null,
      serviceProvider: null,
      programNumber: null,
      pathToken: playbackId,
    })),
    processes: [],
  };
}

/** The first steps, each with status and health, and the seconds before it. */
function stepsOf(labels: readonly string[], type?: SessionLaunch["input"]["type"]): readonly string[] {
  const steps = simulatedSteps(launchOf(labels, type));
  return Array.from({ length: 12 }, () => steps.next().value).flatMap((step) =>
    step ? `${step.afterMilliseconds} ${step.observation.status} ${step.observation.health}` : [],
  );
}

describe("the script of a simulated session", () => {
  it.each([
    [[], ["0 STARTING OK", "700 RUNNING OK"]],
    [["simulate:no-input"], ["0 STARTING OK", "700 WAITING WARNING"]],
    [["simulate:late-input"], ["0 STARTING OK", "700 WAITING WARNING", "5000 RUNNING OK"]],
    [["simulate:cannot-start"], ["0 STARTING OK", "0 FAILED ERROR"]],
    [["simulate:slow-start"], ["0 STARTING OK", "10000 RUNNING OK"]],
    [["simulate:slow-stop"], ["0 STARTING OK", "700 RUNNING OK"]],
    [["simulate:slow-encoding"], ["0 STARTING OK", "700 RUNNING WARNING"]],
    [["simulate:output-failed"], ["0 STARTING OK", "700 RUNNING WARNING"]],
    [["simulate:crash-once"], ["0 STARTING OK", "700 RUNNING OK", "5000 STARTING ERROR", "1000 RUNNING OK"]],
    [["simulate:unheard-of"], ["0 STARTING OK", "700 RUNNING WARNING"]],
  ])("%j: %j", (labels, steps) => {
    expect(stepsOf(labels)).toEqual(steps);
  });

  it("crashes five times before it fails, and loses its input by turns for ever", () => {
    const crash = stepsOf(["simulate:crash"]);
    expect(crash.filter((step) => step.endsWith("STARTING ERROR"))).toHaveLength(4);
    expect(crash.at(-1)).toBe("700 FAILED ERROR");
    expect(stepsOf(["simulate:input-lost"]).slice(1, 5)).toEqual([
      "700 RUNNING OK",
      "5000 RUNNING ERROR",
      "5000 RUNNING OK",
      "5000 RUNNING ERROR",
    ]);
  });

  it.each([
    ["input-lost", ["", "", "INPUT_LOST 1", "", "INPUT_LOST 2"]],
    ["crash-once", ["", "", "ENCODER_RESTARTED 1", "ENCODER_RESTARTED 1"]],
    ["slow-encoding", ["", "SLOW_ENCODING 1"]],
    ["output-failed", ["", "OUTPUT_FAILED 1"]],
  ])("tells what is wrong: %s", (fault, expected) => {
    const steps = simulatedSteps(launchOf([`simulate:${fault}`]));
    const told = expected.map(() =>
      (steps.next().value?.observation.causes ?? []).map(({ code, occurrences }) => `${code} ${occurrences}`),
    );
    expect(told.map((causes) => causes.join())).toEqual(expected);
  });

  it("waits for the input of a push input, and has a script for every fault that is listed", () => {
    expect(stepsOf([], "RTMP_PUSH")).toEqual(["0 STARTING OK", "350 WAITING WARNING", "700 RUNNING OK"]);
    for (const fault of Object.keys(SIMULATED_FAULTS)) expect(stepsOf([`simulate:${fault}`]).length).toBeGreaterThan(1);
  });
});

describe("the simulated runner", () => {
  it("tells all playbacks, is silent once it is told to stop, and stops once", async () => {
    const seen: Observation[] = [];
    const runner = createSimulatedRunner({ speed: 20 })(launchOf(["simulate:output-failed"]), (observation) => seen.push(observation));
    await waitUntil(
      () => seen.at(-1)?.status,
      (status) => status === "RUNNING",
    );
    expect(seen.at(-1)?.playbacks).toMatchObject([{ playbackId: "a", health: "ERROR" }, { playbackId: "b", health: "OK" }]); // prettier-ignore
    const count = seen.length;
    expect(runner.stop()).toBe(runner.stop());
    await runner.stop();
    expect(seen.length).toBe(count);
  });
});

describe("an agent with the simulator", () => {
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

  it("shows each fault that a label asks for", async () => {
    await world.startAgent({ runner: createSimulatedRunner({ speed: 5 }) });
    const expected = {
      "no-input": "WAITING WARNING",
      "slow-encoding": "RUNNING WARNING",
      "cannot-start": "FAILED ERROR",
      crash: "FAILED ERROR",
    };
    for (const [fault, state] of Object.entries(expected)) {
      const ids = await world.createSessions(1, { labels: [`simulate:${fault}`] });
      await world.start(ids);
      const [view] = await waitUntil(
        () => world.view(ids),
        ([found]) => `${found?.status} ${found?.health}` === state,
      );
      expect(view?.status_reason).toContain("simulated");
    }
  });
});
