import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { otherPath } from "../../src/encoder/failover.rules.ts";
import type { FailoverSettings, Observation } from "../../src/encoder/runner.ts";
import type { InputPath } from "../../src/sessions/session.rules.ts";
import { eventually, freeMulticast, startMulticastSender, type PictureOptions, type Sender } from "../support/media.ts";
import { expectSteady } from "./steadiness.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

const REMAIN: FailoverSettings = { recoveryIntervalSeconds: -1, errorThresholdPercent: null };
const RECOVER: FailoverSettings = { recoveryIntervalSeconds: 120, errorThresholdPercent: null };
/** Where the timestamps of path A begin; those of B as much later or earlier as a backup may have been started. */
const BASE_SECONDS = 100;

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const isFine = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";

/** A session with two paths, each with a sender that can be cut and started again. */
async function openPair(name: string, { offsetSeconds = 0, b = {} }: { offsetSeconds?: number; b?: PictureOptions } = {}) {
  const groups = { A: await freeMulticast(), B: await freeMulticast() };
  const senders: Record<InputPath, Sender | null> = { A: null, B: null };
  const send = (path: InputPath, more = 0): void => {
    const offset = BASE_SECONDS + (path === "B" ? offsetSeconds : 0) + more;
    senders[path] = startMulticastSender({ size: "160x90", ...(path === "B" ? b : {}), ...groups[path], offsetSeconds: offset });
  };
  const web = httpOutput({ renditions: [rendition({ width: 160, height: 90, videoBitrateKbps: 100 })] });
  // Copied as well, since an encoder that fills holes would hide them.
  const file = fileOutput({ urls: [`failover/${name}`, `failover/${name}`], renditions: [passthrough, ...web.renditions] });
  const url = (path: InputPath): string => `udp://${groups[path].address}:${groups[path].port}`;
  const launch = launchOf({ urlA: url("A"), urlB: url("B"), failover: REMAIN }, [web, file]);
  return {
    launch,
    send,
    playlistUrl: `${bench.url}/live/${web.pathToken}/v0.m3u8`,
    async cut(path: InputPath) {
      await senders[path]?.stop();
      senders[path] = null;
    },
    async close() {
      await Promise.all([senders.A?.stop(), senders.B?.stop()]);
    },
    recordings() {
      const directory = join(bench.root, "files/failover");
      const found = readdirSync(directory).filter((entry) => entry.startsWith(`${name}-`));
      return found.map((entry) => join(directory, entry));
    },
  };
}

const FAULTS: readonly InputPath[] = ["A", "B", "A", "B", "A"];

describe.concurrent("a pair of paths", () => {
  const codes = ({ causes = [] }: Observation): readonly string[] => causes.map(({ code }) => code);

  it("begins on B when A does not come, goes where an operator says, even to a dead path, and leaves that by itself", async () => {
    const pair = await openPair("manual", { offsetSeconds: 3_600 });
    pair.send("B");
    const { session, until, last } = bench.start({ ...pair.launch, input: { ...pair.launch.input, failover: RECOVER } });
    const running = await until("the session runs", isFine);
    expect(running.switches?.map(({ reason }) => reason)).toEqual(["INPUT_LOST"]);
    expect(running.activePath).toBe("B");
    expect(Date.parse(running.nextRecoveryAt ?? "") - Date.now()).toBeGreaterThan(100_000);
    await until("A is missed", (observation) => codes(observation).join() === "INPUT_LOST,FAILED_OVER");
    const { encoder } = session.pids;

    session.control({ switch: { number: 1, toPath: "A", actor: "key_1" }, isSlateWanted: false });
    await until("it is on A", ({ activePath }) => activePath === "A");
    expect(last().switches?.at(-1)).toMatchObject({ fromPath: "B", toPath: "A", reason: "MANUAL", actor: "key_1" });
    await until("it is back on B", ({ activePath }) => activePath === "B");
    await until("all is well again", isFine);

    pair.send("A");
    await eventually("A can be taken", () => session.signal.path("A")?.view.usableSince);
    session.control({ switch: { number: 2, toPath: "A", actor: "key_2" }, isSlateWanted: false });
    await until("it is on A again", ({ activePath, nextRecoveryAt }) => activePath === "A" && nextRecoveryAt === null);
    await until("nothing is wrong", (observation) => isFine(observation) && codes(observation).length === 0);
    expect(last().switches?.map(({ toPath, reason }) => `${toPath} ${reason}`)).toEqual([
      "B INPUT_LOST",
      "A MANUAL",
      "B INPUT_LOST",
      "A MANUAL",
    ]);
    expect(session.pids.encoder).toBe(encoder);
    expect(new Set(last().switches?.map(({ id }) => id)).size).toBe(4);
    const sample = session.telemetry();
    expect(sample?.pathB).toMatchObject({ isConnected: true });
    expect(sample?.bitrateKbps).toBeGreaterThan(0);
    await session.stop();
    await pair.close();
  });

  it.each([-5, 1, 5, 9])(
    "goes on in the output without a seam when the path dies that is on, again and again, the clock of the other %d s away",
    async (offsetSeconds) => {
      const pair = await openPair(`clock${offsetSeconds}`, { offsetSeconds });
      pair.send("A");
      pair.send("B");
      const { session, until, last } = bench.start(pair.launch);
      await until("the session runs", isFine);
      for (const [index, path] of FAULTS.entries()) {
        const other = otherPath(path);
        await eventually("the other path can be taken", () => session.signal.path(other)?.view.usableSince);
        await pair.cut(path);
        await until("it is on the other path", ({ activePath }) => activePath === other);
        expect(last().switches?.map(({ toPath, reason }) => `${toPath} ${reason}`)).toEqual(
          FAULTS.slice(0, index + 1).map((cut) => `${otherPath(cut)} INPUT_LOST`),
        );
        pair.send(path, (index + 1) * 7);
      }
      const segments = await eventually("a segment from after the last fault", async () => {
        const text = await (await fetch(pair.playlistUrl)).text();
        const lengths = Array.from(text.matchAll(/#EXTINF:([\d.]+)/g), ([, seconds]) => Number(seconds));
        expect(text).not.toContain("DISCONTINUITY");
        return lengths.length >= 5 && { text, lengths };
      });
      expect(segments.lengths).toEqual(segments.lengths.map(() => 2));
      expect(last()).toMatchObject({ status: "RUNNING", health: "OK" });
      expect(last().switches?.length).toBe(FAULTS.length);
      const { encoder } = session.pids;
      expect(encoder).not.toBeNull();
      await session.stop();
      await pair.close();
      expect(pair.recordings().length).toBe(2);
      for (const path of pair.recordings()) await expectSteady(path);
    },
    60_000,
  );

  it("that carry different pictures share no encoder, and it is told", async () => {
    const pair = await openPair("different", { b: { size: "128x96" } });
    pair.send("A");
    pair.send("B");
    const { session, until, observations } = bench.start(pair.launch);
    await until("the session runs", isFine);
    await eventually("B can be taken", () => session.signal.path("B")?.view.usableSince);
    const { encoder } = session.pids;
    await pair.cut("A");
    await until("it is on B", ({ activePath }) => activePath === "B");
    await eventually("another encoder", () => session.pids.encoder !== null && session.pids.encoder !== encoder);
    // What is told of the moment of the switch may look well, too.
    await until("it is told", (observation) => codes(observation).includes("ENCODER_RESTARTED"));
    const after = await until("all is well again", (observation) => isFine(observation) && codes(observation).includes("FAILED_OVER"));
    expect(after.causes?.find(({ code }) => code === "FAILED_OVER")?.message).toContain("something else than path A");
    expect(observations.every(({ status }) => status !== "FAILED")).toBe(true);
    expect(after.switches?.map(({ reason }) => reason)).toEqual(["INPUT_LOST"]);
    await session.stop();
    await pair.close();
  });
});
