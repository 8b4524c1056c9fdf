import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramTables } from "../../src/encoder/program-tables.rules.ts";
import { createTables } from "../../src/encoder/program-tables.writer.ts";
import { PACKET_BYTES, packetIdentifier } from "../../src/encoder/transport-stream.ts";
import { eventually, freeMulticast } from "../support/media.ts";
import { makeTransportStream, packetsOf, sendPaced, untilJoined } from "../support/pull-senders.ts";
import { openIngestBench } from "./ingest-harness.ts";

const SECONDS = 4;
let bench: Awaited<ReturnType<typeof openIngestBench>>;
beforeAll(async () => {
  bench = await openIngestBench();
});
afterAll(() => bench.close());

/** Takes in what is sent, one stream after the other. */
async function receive(...streams: readonly Buffer[]) {
  const group = await freeMulticast();
  const running = bench.start({ type: "MULTICAST_PULL", url: `udp://${group.address}:${group.port}` });
  await untilJoined(group.port);
  const sending = (async () => {
    for (const stream of streams) await sendPaced({ ...group, packets: packetsOf(stream), seconds: SECONDS });
  })();
  return { running, sending };
}

/** The stream without the mark of a picture that a decoder can start with. */
function unmarked(stream: Buffer): Buffer {
  const tables = new ProgramTables();
  tables.scan(stream);
  const video = tables.streams?.find(({ type }) => type === "VIDEO")?.pid;
  const packets = packetsOf(Buffer.from(stream));
  for (const packet of packets) {
    const hasAdaptation = ((packet[3] ?? 0) & 0x20) !== 0 && (packet[4] ?? 0) > 0;
    if (packetIdentifier(packet, 0) === video && hasAdaptation) packet[5] = (packet[5] ?? 0) & ~0x40;
  }
  return Buffer.concat(packets);
}

async function countKeyFrames(path: string): Promise<number> {
  const words = ["-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0"];
  const { stdout } = await promisify(execFile)("ffprobe", [...words, path]);
  return stdout.split("\n").filter((line) => line.startsWith("K")).length;
}

describe.concurrent("a transport stream that is received", () => {
  it("is put in order without a process where its sender marks what a decoder can start with", async () => {
    const { running, sending } = await receive(await makeTransportStream(SECONDS));
    await eventually("its streams", async () => (await running.probe()).map((each) => each.codec_name).join() === "h264,aac");
    expect(running.ingest.pid).toBeNull();
    await sending;
    expect(running.starts()).toBe(1);
  });

  it.each<[string, () => Promise<Buffer>, string]>([
    ["marks nothing", async () => unmarked(await makeTransportStream(SECONDS)), "h264,aac"],
    ["has other sound than AAC", () => makeTransportStream(SECONDS, ["-c:a", "mp2"]), "h264,mp2"],
    ["has an older picture", () => makeTransportStream(SECONDS, ["-c:v", "mpeg2video"]), "mpeg2video,aac"],
  ])("is put in order by a process where it %s, with nothing of it lost", async (_, make, codecs) => {
    const { running, sending } = await receive(await make());
    await eventually("its streams", async () => (await running.probe()).map((each) => each.codec_name).join() === codecs);
    expect(running.ingest.pid).toBeGreaterThan(0);
    await sending;
    expect(running.starts()).toBe(1);
    // One a second, of which the very first decides who puts them in order.
    await eventually("all that a decoder can start with", async () => (await countKeyFrames(running.file())) === SECONDS);
  });

  it("is lost where its picture is gone, though its sound goes on", async () => {
    const stream = await makeTransportStream(SECONDS);
    const tables = new ProgramTables();
    tables.scan(stream);
    const video = tables.streams?.find(({ type }) => type === "VIDEO")?.pid;
    const silent = Buffer.concat(packetsOf(stream).filter((packet) => packetIdentifier(packet, 0) !== video));
    const { running, sending } = await receive(stream, silent);
    await eventually("its streams", async () => (await running.probe()).length === 2);
    await eventually("the loss shows", () => running.state().problem === "The input holds a picture no more.");
    expect(running.state().isFlowing).toBe(false);
    await sending;
    expect(running.starts()).toBe(1);
  });

  it("goes on where its tables leave its sound out for a second", async () => {
    const stream = packetsOf(await makeTransportStream(SECONDS));
    const pictureAlone = createTables([{ pid: 0x100, streamType: 0x1b, language: null }]);
    const isTable = (packet: Buffer, index: number): boolean =>
      packetIdentifier(packet, 0) === 0x1000 && index > stream.length / SECONDS && index < (2 * stream.length) / SECONDS;
    const changed = stream.map((packet, index) => (isTable(packet, index) ? pictureAlone().subarray(PACKET_BYTES) : packet));
    expect(changed.filter((packet, index) => packet !== stream[index]).length).toBeGreaterThan(3);
    const { running, sending } = await receive(Buffer.concat(changed));
    await sending;
    expect((await running.probe()).map((each) => each.codec_name)).toEqual(["h264", "aac"]);
    expect(running.starts()).toBe(1);
  });

  it("begins anew where it turns into other streams", async () => {
    const first = await makeTransportStream(SECONDS);
    const second = await makeTransportStream(SECONDS, ["-s", "160x90", "-mpegts_start_pid", "0x1f0"]);
    const { running, sending } = await receive(first, second);
    await eventually("the first", async () => (await running.probe())[0]?.width === 320);
    await eventually("the second", async () => running.starts() === 2 && (await running.probe())[0]?.width === 160);
    await sending;
  });
});
