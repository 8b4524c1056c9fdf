import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { otherPath } from "../../src/encoder/failover.rules.ts";
import type { FailoverSettings, Observation } from "../../src/encoder/runner.ts";
import type { InputPath } from "../../src/sessions/session.rules.ts";
import { eventually, freeMulticast, startMulticastSender, type PictureOptions, type Sender } from "../support/media.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

const run = promisify(execFile);
const REMAIN: FailoverSettings = { recoveryIntervalSeconds: -1, errorThresholdPercent: null };
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
  // Copied, since an encoder that fills holes would hide them.
  const file = fileOutput({ urls: [`failover/${name}`], renditions: [passthrough] });
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
    recording() {
      const directory = join(bench.root, "files/failover");
      const found = readdirSync(directory).filter((entry) => entry.startsWith(`${name}-`));
      return found.map((entry) => join(directory, entry));
    },
  };
}

/** The longest time from one frame of a stream to the next, in seconds, in the order of presentation. */
async function longestGap(target: string, stream: "v:0" | "a:0"): Promise<number> {
  const { stdout } = await run(
    "ffprobe",
    ["-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", target],
    {
      maxBuffer: 50_000_000,
    },
  );
  const times = stdout
    .split("\n")
    .filter(Boolean)
    .map(Number)
    .toSorted((one, other) => one - other);
  expect(times.length).toBeGreaterThan(50);
  return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
}

const FAULTS: readonly InputPath[] = ["A", "B", "A", "B"];

describe.concurrent("when the path dies that is on", () => {
  it.each([-5, 1, 5, 9, 3_600])(
    "the other one goes on in the output without a seam, again and again, its clock %d s away",
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
      for (const path of pair.recording()) {
        expect(await longestGap(path, "v:0")).toBeLessThan(1);
        expect(await longestGap(path, "a:0")).toBeLessThan(1);
      }
      expect(pair.recording().length).toBe(1);
    },
    60_000,
  );
});
