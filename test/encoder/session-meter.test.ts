import { describe, expect, it } from "vitest";
import type { FfmpegProgress } from "../../src/encoder/ffmpeg.progress.ts";
import { SessionMeter, type MeteredPath } from "../../src/encoder/session-meter.ts";

const WALL = new Date("2026-05-01T12:00:00.000Z");

const progress = (seconds: number, frame: number): FfmpegProgress => ({
  frame,
  framesPerSecond: null,
  outTimeSeconds: seconds,
  droppedFrames: 3,
  duplicatedFrames: 0,
  isEnd: false,
});

const path = (bytes: number, lastByteAt: number | null): MeteredPath => ({
  counters: { bytes, lastByteAt },
  state: { isFlowing: bytes > 0, problem: null, isAddressRefused: false, errorPercent: 0.5 },
});

/** A session looked at five times a second, whose encoder tells twice a second what it made. */
function run(
  meter: SessionMeter,
  {
    from = 0,
    to,
    speed,
    kbps,
    feed = 1,
  }: { from?: number; to: number; speed: number; kbps: number; /** Seconds of media a second. */ feed?: number },
) {
  const process: { progress: FfmpegProgress | null } = { progress: null };
  for (let now = from; now <= to; now += 200) {
    const made = (Math.floor(now / 500) / 2) * speed;
    if (made !== process.progress?.outTimeSeconds) process.progress = progress(made, Math.round(made * 25));
    meter.note(now, process, { paths: { A: path((kbps * now) / 8, now), B: path(0, null) }, fedSeconds: (now / 1_000) * feed });
  }
  return process;
}

describe("what a session is measured by", () => {
  it("is what was counted over the last seconds", () => {
    const meter = new SessionMeter();
    run(meter, { to: 20_000, speed: 1, kbps: 800 });
    const sample = meter.sample(20_000, "A", WALL);
    expect(sample.speed).toBeCloseTo(1, 1);
    expect(sample.frameRate).toBeCloseTo(25, 0);
    expect(sample).toMatchObject({
      bitrateKbps: 800,
      droppedFrames: 3,
      pathA: { isConnected: true, lastSeenAt: WALL.toISOString(), errorPercent: 0.5, bitrateKbps: 800 },
      pathB: { isConnected: false, lastSeenAt: null, bitrateKbps: 0 },
    });
    expect(meter.sample(20_000, "B", WALL).bitrateKbps).toBe(0);
  });

  it("is unknown before there is anything to measure", () => {
    const meter = new SessionMeter();
    const nothing = { frameRate: null, speed: null, bitrateKbps: null, droppedFrames: null, pathA: null, pathB: null };
    expect(meter.sample(0, "A", WALL)).toEqual(nothing);
    meter.note(200, null, { paths: { A: null, B: null }, fedSeconds: null });
    expect(meter.sample(200, "A", WALL)).toEqual(nothing);
    run(meter, { from: 400, to: 1_400, speed: 1, kbps: 800 });
    expect(meter.sample(1_400, "A", WALL).speed).toBeNull();
  });

  it.each([
    ["keeps up", 1, 1, 0, false],
    ["wavers", 0.97, 1, 0, false],
    ["falls behind", 0.8, 1, 0, true],
    ["makes all that comes in, which is little", 0.8, 0.8, 0, false],
    ["keeps up, although more was poured into it", 1, 2, 0, false],
    ["has not been fed for long", 0.8, 1, 15_000, false],
    ["is not fed", 0.8, 1, null, false],
  ])("slow is an encoder that falls behind while it is fed: one that %s", (_, speed, feed, fedSince, isSlow) => {
    const meter = new SessionMeter();
    run(meter, { to: 20_000, speed, kbps: 800, feed });
    expect(meter.isSlow(20_000, fedSince)).toBe(isSlow);
  });

  it("another process is measured by itself, and one that stands still slows down", () => {
    const meter = new SessionMeter();
    run(meter, { to: 20_000, speed: 1, kbps: 800 });
    const process = run(meter, { from: 20_200, to: 21_000, speed: 0.5, kbps: 800 });
    expect(meter.sample(21_000, "A", WALL).speed).toBeNull();
    meter.note(24_000, process, { paths: { A: path(0, 0), B: null }, fedSeconds: 24 });
    expect(meter.sample(24_000, "A", WALL).speed).toBeLessThan(0.5);
  });
});
