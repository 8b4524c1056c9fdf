import { execFileSync } from "node:child_process";
import { PassThrough, Writable } from "node:stream";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { InputSwitch } from "../../src/encoder/input-switch.ts";
import {
  clockDifference,
  firstClock,
  PACKET_BYTES,
  PacketAligner,
  shiftClocks,
  StreamTracker,
} from "../../src/encoder/transport-stream.ts";

const SECOND = 90_000;
let stream: Buffer;
let audio: Buffer;

/** What an ingest makes: three seconds with a key frame every second. */
function makeStream(hasVideo: boolean): Buffer {
  const video = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"];
  const sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000", "-c:a", "aac"];
  const inputs = hasVideo ? [...video.slice(0, 4), ...sound.slice(0, 4), ...video.slice(4), ...sound.slice(4)] : sound;
  const output = ["-t", "3", "-muxdelay", "0", "-muxpreload", "0", "-mpegts_flags", "+pat_pmt_at_frames", "-f", "mpegts", "pipe:1"];
  return execFileSync("ffmpeg", ["-v", "error", "-nostdin", ...inputs, ...output], { maxBuffer: 50_000_000 });
}

beforeAll(() => {
  stream = makeStream(true);
  audio = makeStream(false);
});

const frames = (bytes: Buffer, pid?: number | null): number[] => {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
    const clock = firstClock(bytes.subarray(at, at + PACKET_BYTES), pid);
    if (clock !== null) found.push(clock);
  }
  return found;
};

/** From one frame to the next, of whatever stream, in the order of the bytes. */
function longestStep(bytes: Buffer): number {
  const times = frames(bytes);
  return Math.max(...times.slice(1).map((time, index) => Math.abs(clockDifference(time, times[index] ?? 0))));
}

function collect(): { readonly sink: Writable; readonly bytes: () => Buffer } {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      pieces.push(Buffer.from(chunk));
      done();
    },
  });
  return { sink, bytes: () => Buffer.concat(pieces) };
}

describe("a transport stream", () => {
  it("is cut into the same packets in whatever pieces it arrives, garbage in front left out", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 30 }), fc.uint8Array({ maxLength: 100 }), (cuts, garbage) => {
        const input = Buffer.concat([
          Buffer.from(garbage).map((byte) => (byte === 0x47 ? 0 : byte)),
          stream.subarray(0, PACKET_BYTES * 40),
        ]);
        const bounds = [0, ...cuts.map((cut) => cut % input.length).toSorted((one, other) => one - other), input.length];
        const aligner = new PacketAligner();
        const packets = bounds.slice(1).map((end, index) => aligner.push(input.subarray(bounds[index], end)));
        expect(Buffer.concat(packets).equals(stream.subarray(0, PACKET_BYTES * 40))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("shows where a decoder can start", () => {
    const tracker = new StreamTracker();
    const { keyOffsets } = tracker.scan(stream);
    expect(keyOffsets.length).toBe(3);
    const times = keyOffsets.map((at) => firstClock(stream.subarray(at)) ?? 0);
    expect(clockDifference(times[1] ?? 0, times[0] ?? 0)).toBe(SECOND);
    expect(tracker.tables.map((table) => table.length)).toEqual([PACKET_BYTES, PACKET_BYTES]);
  });

  it("of sound alone can be entered every two seconds", () => {
    const { keyOffsets } = new StreamTracker().scan(audio);
    expect(keyOffsets.length).toBe(2);
  });

  it("moved by any time and back is what it was, around the wrap of the clock too", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), (ticks) => {
        const copy = Buffer.from(stream.subarray(0, PACKET_BYTES * 60));
        shiftClocks(copy, ticks);
        const [before, after] = [frames(stream.subarray(0, PACKET_BYTES * 60)), frames(copy)];
        for (const [index, clock] of after.entries()) expect(clockDifference(clock, before[index] ?? 0)).toBe(clockDifference(ticks, 0));
        shiftClocks(copy, -ticks);
        expect(copy.equals(stream.subarray(0, PACKET_BYTES * 60))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the switch", () => {
  function start(bytes = Buffer.from(stream)) {
    const inputs = new InputSwitch();
    inputs.restart("A");
    inputs.accept("A", bytes, 1);
    return inputs;
  }

  it("holds a new input back until it is let through, and then gives it whole", () => {
    const inputs = start();
    const { sink, bytes } = collect();
    inputs.attach(sink);
    expect(bytes().length).toBe(0);
    expect(inputs.gatheredSeconds("A")).toBeGreaterThan(2.5);
    inputs.release("A");
    expect(new StreamTracker().scan(bytes()).keyOffsets.length).toBe(3);
    expect(inputs.counters("A")).toEqual({ bytes: stream.length, lastByteAt: 1 });
  });

  it("gives an encoder that comes later the last group of pictures first", () => {
    const inputs = start();
    inputs.release("A");
    inputs.accept("A", Buffer.from(stream), 2);
    const { sink, bytes } = collect();
    inputs.attach(sink);
    const { keyOffsets } = new StreamTracker().scan(bytes());
    // Tables in front, then the key frame.
    expect(keyOffsets).toEqual([2 * PACKET_BYTES]);
  });

  it.each([-5, 0, 1, 9, 3_600, 90_000])("lays an input that begins anew %d s off end to end on the timeline", (offsetSeconds) => {
    const inputs = start();
    const { sink, bytes } = collect();
    inputs.attach(sink);
    inputs.release("A");
    const end = frames(bytes()).at(-1) ?? 0;
    const before = bytes().length;
    const again = Buffer.from(stream);
    shiftClocks(again, offsetSeconds * SECOND);
    inputs.restart("A");
    inputs.accept("A", again, 3);
    inputs.release("A");
    const first = frames(bytes().subarray(before))[0] ?? 0;
    expect(Math.abs(clockDifference(first, end))).toBeLessThan(SECOND / 2);
    // And what follows later stands on it too.
    inputs.accept(
      "A",
      (() => {
        const more = Buffer.from(stream);
        shiftClocks(more, (offsetSeconds + 3) * SECOND);
        return more;
      })(),
      4,
    );
    const times = frames(bytes());
    const jumps = times.slice(1).map((time, index) => Math.abs(clockDifference(time, times[index] ?? 0)));
    expect(Math.max(...jumps)).toBeLessThan(SECOND);
  });

  it.each([-5, 1.5, 5, 9, 3_600])("knows a clock that is set anew by %d s within a stream", (leapSeconds) => {
    const inputs = start();
    const { sink, bytes } = collect();
    inputs.attach(sink);
    inputs.release("A");
    const again = Buffer.from(stream);
    shiftClocks(again, (leapSeconds + 3) * SECOND);
    inputs.accept("A", again, 100);
    expect(longestStep(bytes())).toBeLessThan(SECOND / 2);
    expect(frames(bytes()).length).toBe(2 * frames(stream).length);
  });

  it("leaves a pause as long as it was", () => {
    const inputs = start();
    const { sink, bytes } = collect();
    inputs.attach(sink);
    inputs.release("A");
    const later = Buffer.from(stream);
    shiftClocks(later, (3 + 1.5) * SECOND);
    inputs.accept("A", later, 1_600);
    expect(longestStep(bytes())).toBeGreaterThan(SECOND);
  });

  describe("with two paths", () => {
    function startBoth(offsetSeconds: number) {
      const inputs = start();
      const { sink, bytes } = collect();
      inputs.attach(sink);
      inputs.release("A");
      const other = Buffer.from(stream);
      shiftClocks(other, offsetSeconds * SECOND);
      inputs.restart("B");
      inputs.accept("B", other, 2);
      return { inputs, bytes };
    }

    it.each([-5, 0, 1, 9, 3_600, 90_000])("turns to the newest key frame of the other one, %d s away, without a seam", (offsetSeconds) => {
      const { inputs, bytes } = startBoth(offsetSeconds);
      inputs.release("B");
      const before = bytes().length;
      inputs.select("B");
      const entered = bytes().subarray(before);
      // Tables in front, then the last of its three groups of pictures alone.
      expect(new StreamTracker().scan(entered).keyOffsets).toEqual([2 * PACKET_BYTES]);
      expect(longestStep(bytes())).toBeLessThan(SECOND / 2);
      inputs.accept("A", Buffer.from(stream), 3);
      expect(bytes().length).toBe(before + entered.length);
      inputs.select("A");
      expect(longestStep(bytes())).toBeLessThan(SECOND / 2);
    });

    it("turns to one that nobody has looked at as soon as it is let through", () => {
      const { inputs, bytes } = startBoth(7);
      const before = bytes().length;
      inputs.select("B");
      expect(bytes().length).toBe(before);
      expect(inputs.isReady("B")).toBe(false);
      inputs.release("B");
      expect(inputs.isReady("B")).toBe(true);
      expect(longestStep(bytes())).toBeLessThan(SECOND / 2);
    });

    it("never lets a picture or sound begin before the end of what was fed", () => {
      const { inputs, bytes } = startBoth(7);
      inputs.release("B");
      const { video, audio } = inputs.streams("A");
      const before = bytes().length;
      inputs.select("B");
      for (const pid of [video, audio]) {
        const [end, begin] = [frames(bytes().subarray(0, before), pid).at(-1), frames(bytes().subarray(before), pid)[0]];
        expect(clockDifference(begin ?? 0, end ?? 0)).toBeGreaterThan(0);
      }
    });
  });

  it("never waits for an encoder that does not read: it drops up to a key frame, and goes on there", () => {
    const inputs = start();
    const stuck = new PassThrough({ highWaterMark: 1 });
    inputs.attach(stuck);
    inputs.release("A");
    let rounds = 0;
    for (; inputs.dropCount === 0 && rounds < 10_000; rounds += 1) inputs.accept("A", Buffer.from(stream), rounds);
    expect(stuck.writableLength).toBeLessThan(4_000_000 + 2 * stream.length);
    for (let more = 0; more < 50; more += 1) inputs.accept("A", Buffer.from(stream), rounds);
    expect(stuck.writableLength).toBeLessThan(4_000_000 + 2 * stream.length);
    expect(inputs.dropCount).toBe(1);
  });
});
