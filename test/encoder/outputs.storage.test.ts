import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import { EncoderRun } from "../../src/encoder/encoder-run.ts";
import { DEFAULT_PRESETS } from "../../src/encoder/ffmpeg.arguments.ts";
import { isStorageProblem, outputProblems } from "../../src/encoder/output-problem.ts";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { decodeWhole, eventually, freeMulticast, startMulticastSender } from "../support/media.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

/** Eight seconds of picture and sound, as the switch would feed them. */
function makeStream(): Buffer {
  const inputs = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000"];
  const words = [...inputs, "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-f", "mpegts", "pipe:1"];
  return execFileSync("ffmpeg", ["-v", "error", "-nostdin", ...words], { maxBuffer: 50_000_000 });
}

/** ffmpeg tells its progress only while something comes in. */
async function feedSlowly(sink: Writable, stream: Buffer): Promise<void> {
  const size = Math.ceil(stream.length / 16);
  for (let at = 0; at < stream.length; at += size) {
    sink.write(stream.subarray(at, at + size));
    await sleep(120);
  }
}

it("a full disk under files, and ways that lead nowhere, end neither the encoder nor its other outputs", async () => {
  const directory = join(bench.root, "full");
  mkdirSync(directory);
  const whole = join(directory, "whole.mkv");
  // Every write to this device finds the disk full.
  const files: Readonly<Record<string, readonly string[]>> = { mkv: ["/dev/full", "/dev/full"], mp4: ["/dev/full"], whole: [whole] };
  const plan = planEncoder({
    outputs: [
      fileOutput({ playbackId: "mkv", renditions: [passthrough, rendition()] }),
      fileOutput({ playbackId: "whole", renditions: [passthrough] }),
      fileOutput({ playbackId: "mp4", renditions: [passthrough], fileFormat: "MP4" }),
      fileOutput({ playbackId: "feed", renditions: [passthrough], type: "SRT_PUSH" }),
      fileOutput({ playbackId: "group", renditions: [rendition()], type: "MULTICAST" }),
    ],
    facts: {
      video: {
        codec: "h264",
        profile: null,
        level: null,
        width: 320,
        height: 180,
        frameRate: { numerator: 25, denominator: 1 },
        isInterlaced: false,
        pixelAspect: 1,
      },
      audio: { codec: "aac", profile: null },
    },
    filesOf: ({ playbackId }) => files[playbackId] ?? [],
    // Nobody listens, and an interface that is not there.
    localUrlsOf: ({ type }) => [type === "SRT_PUSH" ? `unix:${join(directory, "nobody")}` : "udp://239.255.1.1:5000?localaddr=192.0.2.1"],
  });
  const crashes: string[] = [];
  const encoder = new EncoderRun({
    host: { setprivPath: bench.capabilities.setprivPath, records: openProcessRecords(join(directory, "records")) },
    ffmpegPath: bench.capabilities.ffmpegPath ?? "",
    plan,
    settings: { presets: DEFAULT_PRESETS, coreCount: 1, startNumber: 1, runName: "r1", left: new Map() },
    clock: createPatientClock(60_000),
    directory,
    onCrash: (_, reason) => crashes.push(reason),
  });
  const stream = makeStream();
  const feeding = feedSlowly(encoder.stdin, stream);
  await eventually("both are given up", () => outputProblems(plan, encoder.lastLines).size === 2);
  const problems = outputProblems(plan, encoder.lastLines);
  expect([...problems.keys()].toSorted()).toEqual(["mkv", "mp4"]);
  for (const reason of problems.values()) expect(isStorageProblem(reason)).toBe(true);
  await eventually("enough is made", () => encoder.madeSeconds > 2);
  await feeding;
  const askedAt = performance.now();
  await encoder.finish();
  expect(performance.now() - askedAt).toBeLessThan(2_500);
  expect(crashes).toEqual([]);
  expect((await decodeWhole(whole)).frames).toBeGreaterThan(40);
});

it("files that cannot be made are told, and the other outputs run", async () => {
  const source = await freeMulticast();
  const sender = startMulticastSender(source);
  writeFileSync(join(bench.root, "files"), "in the way");
  const { session, until } = bench.start(launchOf({ urlA: `udp://${source.address}:${source.port}` }, [httpOutput(), fileOutput()]));
  const { playbacks } = await until("the other one runs", ({ status, health }) => status === "RUNNING" && health === "WARNING");
  expect(playbacks).toMatchObject([
    { status: "RUNNING", health: "OK", reason: null },
    { status: "STARTING", health: "ERROR", reason: expect.stringContaining("cannot be made") as string },
  ]);
  await session.stop();
  await sender.stop();
});
