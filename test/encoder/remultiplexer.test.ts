import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { array, assert, integer, nat, property, record } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContinuityCounter } from "../../src/encoder/continuity.rules.ts";
import { plainStreams } from "../../src/encoder/plain-stream.rules.ts";
import { ProgramTables, type AnnouncedStream } from "../../src/encoder/program-tables.rules.ts";
import { Remultiplexer } from "../../src/encoder/remultiplexer.ts";
import { CLOCK_PER_SECOND, PACKET_BYTES, packetIdentifier, readClock, StreamTracker } from "../../src/encoder/transport-stream.ts";
import { makeTransportStream, packetsOf } from "../support/pull-senders.ts";

const run = promisify(execFile);
const PICTURES = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20", "-tune", "film"];
const FIRST_OF_EACH = ["-map", "0:v:0", "-map", "0:a:0"];
const SEVERAL = ["-map", "0:v", "-map", "1:a", "-map", "0:v", "-map", "1:a", "-c:a:1", "mp2"];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "remultiplexer-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function announcedIn(stream: Buffer): readonly AnnouncedStream[] {
  const tables = new ProgramTables();
  tables.scan(stream);
  return tables.streams ?? [];
}

function pidOf(streams: readonly AnnouncedStream[], type: AnnouncedStream["type"]): number | null {
  return streams.find((stream) => stream.type === type)?.pid ?? null;
}

function chosenIn(stream: Buffer): { readonly video: number | null; readonly audio: number | null } {
  const streams = announcedIn(stream);
  return { video: pidOf(streams, "VIDEO"), audio: pidOf(streams, "AUDIO") };
}

function remultiplexerFor(stream: Buffer): Remultiplexer {
  const plain = plainStreams(announcedIn(stream), chosenIn(stream));
  if (!plain) throw new Error("The stream is of codecs that it is not for");
  return new Remultiplexer(plain);
}

/** All that comes of a stream in pieces of so many packets, with what waited for more at its end. */
function remultiplex(stream: Buffer, packetsAtATime = 7): Buffer {
  const remultiplexer = remultiplexerFor(stream);
  const made: Buffer[] = [];
  for (let at = 0; at < stream.length; at += packetsAtATime * PACKET_BYTES)
    made.push(remultiplexer.push(stream.subarray(at, at + packetsAtATime * PACKET_BYTES), at / 1_000));
  return Buffer.concat([...made, remultiplexer.push(Buffer.alloc(0), Infinity)]);
}

/** Every frame that ffmpeg finds, stream by stream: its times, its length, its size and a hash of it. */
async function framesOf(stream: Buffer, maps: readonly string[], input: readonly string[] = []): Promise<readonly (readonly string[])[]> {
  const path = join(directory, `${stream.length}-${maps.length}.ts`);
  writeFileSync(path, stream);
  const words = ["-v", "error", "-copyts", ...input, "-i", path, ...maps, "-c", "copy", "-f", "framemd5", "-"];
  const { stdout } = await run("ffmpeg", words, { maxBuffer: 50_000_000 });
  const lines = stdout.split("\n").filter((line) => /^\d/.test(line));
  const fields = (line: string): string => line.split(",", 6).join();
  return maps.filter((word) => word !== "-map").map((_, index) => lines.filter((line) => line.startsWith(`${index},`)).map(fields));
}

/** The stream as ffmpeg copies it. */
async function copied(stream: Buffer): Promise<Buffer> {
  const [from, to] = [join(directory, "from.ts"), join(directory, "to.ts")];
  writeFileSync(from, stream);
  await run("ffmpeg", ["-v", "error", "-y", "-i", from, ...FIRST_OF_EACH, "-c", "copy", to]);
  return readFileSync(to);
}

function mapsOf({ video, audio }: ReturnType<typeof chosenIn>): readonly string[] {
  return [video, audio].flatMap((pid) => (pid === null ? [] : ["-map", `0:i:${pid}`]));
}

describe("what is remultiplexed", () => {
  it.each<[string, readonly string[]]>([
    ["one picture with frames out of order, and one sound", PICTURES],
    ["no picture", ["-vn"]],
    ["no sound", ["-an", ...PICTURES]],
    ["HEVC", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=20:bframes=0"]],
    ["padding to a constant bit rate, and identifiers of its own", [...PICTURES, "-muxrate", "2M", "-mpegts_start_pid", "0x1f0"]],
    ["a second picture and a second sound", [...PICTURES, ...SEVERAL]],
    ["pictures in many small frames, and much sound in one", [...PICTURES, "-s", "64x64", "-pes_payload_size", "20000"]],
  ])("is frame by frame what ffmpeg finds in it: %s", async (_, words) => {
    const stream = await makeTransportStream(3, words);
    const wanted = await framesOf(stream, mapsOf(chosenIn(stream)));
    const made = remultiplex(stream);
    const tracker = new StreamTracker();
    tracker.scan(made);
    const found = await framesOf(made, mapsOf(tracker.streams));
    expect(wanted.flat().length).toBeGreaterThan(60);
    wanted.forEach((frames, index) => {
      // The last picture ends where the next one begins, which never comes.
      const most = (found[index] ?? []).slice(0, -1);
      expect(frames.length - most.length).toBeLessThanOrEqual(2);
      expect(most).toEqual(frames.slice(0, most.length));
    });
  });

  it("is the same however it comes in, with the streams where ffmpeg puts them", async () => {
    const stream = await makeTransportStream(2, [...PICTURES, "-mpegts_start_pid", "0x1f0"]);
    const whole = remultiplex(stream);
    assert(
      property(integer({ min: 1, max: 400 }), (packets) => {
        expect(remultiplex(stream, packets).equals(whole)).toBe(true);
      }),
      { numRuns: 25 },
    );
    const [ours, theirs] = [whole, await makeTransportStream(1)].map((each) => {
      const tracker = new StreamTracker();
      return { keys: tracker.scan(each).keyOffsets.length, streams: tracker.streams, layout: tracker.layout };
    });
    expect(ours?.layout).toBe(theirs?.layout);
    expect(ours?.streams).toEqual(theirs?.streams);
    expect(ours?.keys).toBe(3);
  });

  it("has tables that say what its own said: the language of its sound, and which stream its clock is in", async () => {
    const stream = await makeTransportStream(2, [...PICTURES, "-metadata:s:a:0", "language=deu", "-mpegts_start_pid", "0x1f0"]);
    const made = remultiplex(stream);
    expect(announcedIn(made)).toEqual([
      { pid: 0x100, streamType: 0x1b, type: "VIDEO", language: null },
      { pid: 0x101, streamType: 0x0f, type: "AUDIO", language: "deu" },
    ]);
    const tables = packetsOf(made).filter((packet) => packetIdentifier(packet, 0) === 0x1000);
    expect(tables.map((packet) => (packet[3] ?? 0) & 0x0f)).toEqual([0, 1, 2]);
    expect((tables[0]?.readUInt16BE(5 + 8) ?? 0) & 0x1fff).toBe(0x100);
  });

  it("has sound beside its picture, and every frame in one piece, though it came half a second later", async () => {
    const stream = await makeTransportStream(4, PICTURES);
    const { audio } = chosenIn(stream);
    const packets = packetsOf(stream);
    const place = (packet: Buffer, index: number): number => index + (packetIdentifier(packet, 0) === audio ? packets.length / 8 : 0);
    const late = packets
      .map((packet, index) => ({ packet, place: place(packet, index) }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ packet }) => packet);
    // Packets come as evenly as the four seconds pass.
    const remultiplexer = remultiplexerFor(stream);
    const made = Buffer.concat(late.map((packet, index) => remultiplexer.push(packet, (index / late.length) * 4_000)));
    const clocks: number[] = [];
    let pid = -1;
    for (let at = 0; at < made.length; at += PACKET_BYTES) {
      const own = packetIdentifier(made, at);
      const startsFrame = ((made[at + 1] ?? 0) & 0x40) !== 0;
      if (!startsFrame) expect(own).toBe(pid);
      pid = own;
      const clock = readClock(made, at);
      if (clock !== null) clocks.push(clock);
    }
    expect(clocks.length).toBeGreaterThan(90);
    // Of sound, the next time is foreseen by the last ones, a frame of it more or less.
    const steps = clocks.slice(1).map((clock, index) => clock - (clocks[index] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual((-CLOCK_PER_SECOND * 1_024) / 48_000);
  });

  it("is whole packets of its streams whatever is lost, damaged or comes twice, and all that follows on that", async () => {
    const stream = await makeTransportStream(4, PICTURES);
    const half = Math.floor(stream.length / 2 / PACKET_BYTES) * PACKET_BYTES;
    /** Counters are counted on from what came before. */
    const uncounted = (packet: Buffer): Buffer => Buffer.concat([packet.subarray(0, 3), packet.subarray(4)]);
    const isMedia = (packet: Buffer): boolean => [0x100, 0x101].includes(packetIdentifier(packet, 0));
    const rest = (made: Buffer): Buffer => Buffer.concat(packetsOf(made).filter(isMedia).map(uncounted)).subarray(-half / 2);
    const wanted = rest(remultiplex(stream));
    const damage = record({ packet: nat(half / PACKET_BYTES - 1), byte: nat(PACKET_BYTES - 1), value: integer({ min: -256, max: 255 }) });
    assert(
      property(array(damage, { minLength: 1, maxLength: 200 }), (damages) => {
        const packets = packetsOf(Buffer.from(stream.subarray(0, half)));
        for (const { packet, byte, value } of damages) {
          const found = packets[packet];
          if (value < -128) packets[packet] = Buffer.alloc(0);
          else if (value < 0 && found) packets[packet] = Buffer.concat([found, found]);
          else if (found && found.length > 0) found[byte] = value;
        }
        const remultiplexer = remultiplexerFor(stream);
        const bad = remultiplexer.push(Buffer.concat(packets), 0);
        const good = packetsOf(stream.subarray(half)).map((packet) => remultiplexer.push(packet, 1));
        const made = Buffer.concat([bad, ...good, remultiplexer.push(Buffer.alloc(0), Infinity)]);
        const others = packetsOf(made).filter((packet) => !isMedia(packet));
        expect(others.filter((packet) => ![0, 0x1000].includes(packetIdentifier(packet, 0)))).toEqual([]);
        expect(new ContinuityCounter().count(made)).toMatchObject({ lost: 0, damaged: 0 });
        if (!remultiplexer.isUnfit) expect(rest(made).equals(wanted)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[string, (packet: Buffer, index: number) => readonly Buffer[]]>([
    ["is lost", (packet, index) => (index % 331 === 330 ? [] : [packet])],
    ["comes twice", (packet, index) => (index % 331 === 330 ? [packet, packet] : [packet])],
  ])("keeps as much of what %s in part as ffmpeg does", async (_, how) => {
    const stream = await makeTransportStream(10, PICTURES);
    const damaged = Buffer.concat(packetsOf(stream).flatMap(how));
    const theirs = await framesOf(await copied(damaged), FIRST_OF_EACH, ["-fflags", "+genpts+discardcorrupt"]);
    const ours = await framesOf(remultiplex(damaged), FIRST_OF_EACH, ["-fflags", "+genpts+discardcorrupt"]);
    const sent = await framesOf(stream, FIRST_OF_EACH);
    expect(theirs[0]?.length).toBeGreaterThan(240);
    // The last picture ends where the next one begins, which never comes.
    const least = theirs.map((frames, index) => Math.min(frames.length, sent[index]?.length ?? 0) - 1);
    ours.forEach((frames, index) => expect(frames.length).toBeGreaterThanOrEqual(least[index] ?? Infinity));
  });

  it("waits for sound that a picture is shown with, and no longer", async () => {
    const stream = await makeTransportStream(4, PICTURES);
    const { video } = chosenIn(stream);
    const remultiplexer = remultiplexerFor(stream);
    const delays: number[] = [];
    const arrivals: number[] = [];
    const startsPicture = (packet: Buffer, pid: number | null): boolean =>
      packetIdentifier(packet, 0) === pid && ((packet[1] ?? 0) & 0x40) !== 0;
    const packets = packetsOf(stream);
    packets.forEach((packet, index) => {
      const now = (index / packets.length) * 4_000;
      if (startsPicture(packet, video)) arrivals.push(now);
      const made = packetsOf(remultiplexer.push(packet, now)).filter((each) => startsPicture(each, 0x100));
      made.forEach(() => delays.push(now - (arrivals[delays.length] ?? 0)));
    });
    expect(delays.length).toBeGreaterThan(80);
    // A frame until the next one begins, and half of the 0.37 s that are in one packet of sound.
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeLessThan(300);
  });

  it("waits four seconds for sound that is announced, and goes on without it then", async () => {
    const stream = await makeTransportStream(6, PICTURES);
    const { audio } = chosenIn(stream);
    const remultiplexer = remultiplexerFor(stream);
    const silent = packetsOf(stream).filter((packet) => packetIdentifier(packet, 0) !== audio);
    const made = silent.map((packet, index) => remultiplexer.push(packet, (index / silent.length) * 6_000));
    const first = made.findIndex((bytes) => bytes.length > 0);
    expect(Math.floor((first / silent.length) * 6)).toBe(4);
    // All from the first picture on, and then each as it comes.
    expect(new StreamTracker().scan(made[first] ?? Buffer.alloc(0)).keyOffsets.length).toBeGreaterThan(4);
    const each = made.slice(first + 1).filter((bytes) => bytes.length > 0);
    expect(each.length).toBeGreaterThan(35);
    expect(remultiplexer.problem).toBeNull();
  });
});

describe("what ffmpeg has to look at", () => {
  /** The stream with something done to every packet in which a frame of its picture begins. */
  function change(stream: Buffer, how: (packet: Buffer) => void): Buffer {
    const changed = Buffer.from(stream);
    const { video } = chosenIn(stream);
    for (let at = 0; at < changed.length; at += PACKET_BYTES) {
      const packet = changed.subarray(at, at + PACKET_BYTES);
      if (packetIdentifier(packet, 0) === video && ((packet[1] ?? 0) & 0x40) !== 0) how(packet);
    }
    return changed;
  }

  it.each<[string, (packet: Buffer) => void]>([
    ["key frames that nobody marks", (packet) => void (packet[5]! &= ~0x40)],
    ["frames marked that no decoder can start with", (packet) => void (packet[5]! |= 0x40)],
    ["pictures without a time", (packet) => void (packet[4 + 1 + packet[4]! + 7]! &= 0x3f)],
  ])("is unfit before anything of use was made of it: %s", async (_, how) => {
    const stream = await makeTransportStream(2, ["-x264-params", "repeat-headers=1"]);
    expect(remultiplexerFor(stream).isUnfit).toBe(false);
    const remultiplexer = remultiplexerFor(stream);
    const tracker = new StreamTracker();
    // From the midst of a group of pictures on, as whoever joins sees it.
    const changed = change(stream, how).subarray(PACKET_BYTES * 40);
    for (let at = 0; at < changed.length && !remultiplexer.isUnfit; at += PACKET_BYTES) {
      const made = remultiplexer.push(changed.subarray(at, at + PACKET_BYTES), 0);
      expect(tracker.scan(made).keyOffsets).toEqual([]);
    }
    expect(remultiplexer.isUnfit).toBe(true);
    expect(remultiplexer.isProven).toBe(false);
  });

  it.each<[string, readonly string[]]>([
    ["another sound than AAC", ["-c:a", "mp2"]],
    ["a picture older than H.264", ["-c:v", "mpeg2video"]],
  ])("is what it is not for: %s", async (_, words) => {
    const stream = await makeTransportStream(1, words);
    expect(plainStreams(announcedIn(stream), chosenIn(stream))).toBeNull();
  });
});

describe("what is no more what it was", () => {
  const SECONDS = 14;
  let stream: Buffer;
  beforeAll(async () => {
    stream = await makeTransportStream(SECONDS, PICTURES);
  });

  /** What is said of it, and at which second, when packets come through as this lets them. */
  function problemOf(letThrough: (packet: Buffer, second: number, type: "VIDEO" | "AUDIO" | null) => Buffer | null): string {
    const { video, audio } = chosenIn(stream);
    const remultiplexer = remultiplexerFor(stream);
    const packets = packetsOf(Buffer.from(stream));
    for (const [index, packet] of packets.entries()) {
      const second = (index / packets.length) * SECONDS;
      const pid = packetIdentifier(packet, 0);
      const passed = letThrough(packet, second, pid === video ? "VIDEO" : pid === audio ? "AUDIO" : null);
      remultiplexer.push(passed ?? Buffer.alloc(0), second * 1_000);
      if (remultiplexer.problem !== null) return `${Math.round(second)} ${remultiplexer.problem}`;
    }
    return "none";
  }

  const unmark = (packet: Buffer): Buffer => {
    const hasAdaptation = ((packet[3] ?? 0) & 0x20) !== 0 && (packet[4] ?? 0) > 0;
    if (hasAdaptation) packet[5] = (packet[5] ?? 0) & ~0x40;
    return packet;
  };

  it.each<[string, Parameters<typeof problemOf>[0], string]>([
    ["it is as it was", (packet) => packet, "none"],
    [
      "it has no picture any more",
      (packet, at, type) => (type === "VIDEO" && at > 5 ? null : packet),
      "7 The input holds a picture no more.",
    ],
    ["it has no sound any more", (packet, at, type) => (type === "AUDIO" && at > 5 ? null : packet), "7 The input holds sound no more."],
    ["nothing comes at all", (packet, at) => (at > 5 ? null : packet), "none"],
    ["it is silent for a second and a half", (packet, at) => (at > 5 && at < 6.5 ? null : packet), "none"],
    ["it never had sound", (packet, _, type) => (type === "AUDIO" ? null : packet), "none"],
    ["its sound comes three seconds later", (packet, at, type) => (type === "AUDIO" && at < 3 ? null : packet), "none"],
    [
      "its picture is scrambled",
      (packet, at, type) => {
        if (type === "VIDEO" && at > 5) packet[3] = (packet[3] ?? 0) | 0x80;
        return packet;
      },
      "7 The input holds a picture no more.",
    ],
    [
      "its sound comes when it was waited for no more",
      (packet, at, type) => (type === "AUDIO" && at < 5 ? null : packet),
      "5 The input holds sound that it did not hold before.",
    ],
    [
      "nobody marks any more what a decoder can start with",
      (packet, at) => (at > 3 ? unmark(packet) : packet),
      "14 The input does not say any more where a decoder can start.",
    ],
    ["it is marked again", (packet, at) => (at > 3 && at < 11 ? unmark(packet) : packet), "none"],
  ])("is told where %s", (_, letThrough, told) => {
    expect(problemOf(letThrough)).toBe(told);
  });
});
