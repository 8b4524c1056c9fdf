import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NO_CONTROLS, type EventControls, type Observation, type SessionControls } from "../../src/encoder/runner.ts";
import { eventually, freeMulticast, startMulticastSender, type Sender } from "../support/media.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench } from "./media-harness.ts";

let bench: Awaited<ReturnType<typeof openMediaBench>>;
let sender: Sender;
let url: string;
beforeAll(async () => {
  bench = await openMediaBench();
  const group = await freeMulticast();
  url = `udp://${group.address}:${group.port}`;
  sender = startMulticastSender(group);
});
afterAll(async () => {
  await bench.close();
  await sender.stop();
});

const isRunning = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";

it("takes no input for lost while we ourselves stood still", async () => {
  const { session, until, observations } = bench.start(launchOf({ urlA: url }, [httpOutput()]));
  await until("the session runs", isRunning);
  const before = session.pids;
  const count = observations.length;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
  const resumedAt = performance.now();
  await eventually("several ticks", () => performance.now() - resumedAt > 1_500);
  expect(session.pids).toEqual(before);
  expect(observations.slice(count)).toEqual([]);
  await session.stop();
});

it("goes on by itself once what kept the encoder from being set up has passed", async () => {
  const files = join(bench.root, "files");
  mkdirSync(bench.root, { recursive: true });
  writeFileSync(files, "in the way");
  const { session, until, observations } = bench.start(launchOf({ urlA: url }, [fileOutput()]));
  await until("it cannot be set up", ({ health, reason }) => health === "ERROR" && (reason?.includes("could not be set up") ?? false));
  rmSync(files);
  await until("the session runs", isRunning, 20_000);
  expect(observations.map(({ status }) => status)).not.toContain("FAILED");
  await session.stop();
});

it("removes what was tested once what kept it from being removed has passed", async () => {
  const during = (onAir: EventControls["onAir"]): SessionControls => ({
    ...NO_CONTROLS,
    event: { onAir, isBackupOnly: false, show: null },
  });
  const web = httpOutput();
  const { session, until, observations } = bench.start({ ...launchOf({ urlA: url }, [web]), controls: during("TEST") });
  await until("the test runs", isRunning);
  const directory = join(bench.root, "media/live", web.pathToken);
  const obstacle = join(directory, "obstacle");
  mkdirSync(obstacle);
  session.control(during("OFF"));
  await eventually("its playlists are gone", () => readdirSync(directory).every((name) => !name.endsWith(".m3u8")));
  const failedAt = performance.now();
  await eventually("it would have given up, had it tried at every tick", () => performance.now() - failedAt > 2_000);
  rmdirSync(obstacle);
  writeFileSync(join(directory, "v0_1.ts"), "left");
  await eventually("all is gone", () => readdirSync(directory).toSorted().join(" ") === ".generation .private");
  expect(observations.map(({ status }) => status)).not.toContain("FAILED");
  await session.stop();
});
