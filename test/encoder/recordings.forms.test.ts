import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import type { Observation } from "../../src/encoder/runner.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { decodeWhole, eventually, probe } from "../support/media.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";
import { assetPath, breaksOf, processOf, startCodedSource, startReceiver, whenGrown } from "./process-harness.ts";

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench({ graceMilliseconds: 500 });
});
afterAll(() => bench.close());

const isRunning = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";
const assetsOf = (...processes: readonly { readonly processId: string }[]): readonly AssetReport[] =>
  [...bench.told.values()].filter(({ processId }) => processes.some((process) => process.processId === processId));

async function whenReady(count: number, ...processes: readonly { readonly processId: string }[]): Promise<readonly AssetReport[]> {
  return eventually(`${count} assets are whole`, () => {
    const assets = assetsOf(...processes);
    return assets.length === count && assets.every(({ status }) => status === "READY") && assets;
  });
}

const codecsOf = async (asset: AssetReport): Promise<readonly string[]> =>
  (await probe(assetPath(bench.root, asset))).map(({ codec_name: name }) => name);

describe.concurrent("whatever is recorded", () => {
  it.each([
    ["H265", "AAC", ["hevc", "aac"]],
    ["AV1", "OPUS", ["av1", "opus"]],
  ] as const)(
    "of %s and %s is a file and a playlist that play",
    async (videoCodec, audioCodec, codecs) => {
      const source = await startCodedSource();
      const own = rendition({ videoCodec, audioCodec });
      const processes = [processOf("RECORDING"), processOf("REPLAY")];
      const running = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [own] })]), processes });
      await running.until("the session runs", isRunning, 30_000);
      await whenGrown(bench, ...processes);
      await running.session.stop();
      await source.stop();
      for (const asset of await whenReady(2, ...processes)) {
        expect(await codecsOf(asset)).toEqual(codecs);
        const codes = await readFrameCodes(assetPath(bench.root, asset));
        expect(codes.length).toBeGreaterThan(90);
        expect(breaksOf(codes)).toEqual([]);
      }
    },
    60_000,
  );

  it("of a source that passes through is what the source is", async () => {
    const source = await startCodedSource({ words: ["-c:a", "mp2", "-b:a", "96k"] });
    const processes = [processOf("RECORDING", { renditionId: passthrough.id }), processOf("REPLAY", { renditionId: passthrough.id })];
    const launch = launchOf({ urlA: source.url }, [httpOutput({ renditions: [rendition(), passthrough] })]);
    const running = bench.start({ ...launch, processes });
    await running.until("the session runs", isRunning);
    await whenGrown(bench, ...processes);
    const sent = source.lastCode(bench.root);
    await running.session.stop();
    const lastSent = await sent;
    await source.stop();
    for (const asset of await whenReady(2, ...processes)) {
      // MP4 has one name for all layers of MPEG audio.
      expect(await codecsOf(asset)).toEqual(["h264", "mp3"]);
      const codes = await readFrameCodes(assetPath(bench.root, asset));
      expect(breaksOf(codes)).toEqual([]);
      expect((lastSent - (codes.at(-1) ?? 0)) / 25).toBeLessThan(1);
    }
    const [, replay] = assetsOf(...processes);
    // What we did not encode may lean on segments before.
    expect(readFileSync(assetPath(bench.root, replay!), "utf8")).not.toContain("INDEPENDENT");
  });

  it("of a source whose sound MP4 does not hold fails with its name, and the outputs go on", async () => {
    const source = await startCodedSource({ words: ["-mpegts_flags", "latm"] });
    const recording = processOf("RECORDING", { renditionId: passthrough.id, playbackId: "playback_file" });
    const launch = launchOf({ urlA: source.url }, [fileOutput({ renditions: [passthrough], urls: ["odd/sound"] }), httpOutput()]);
    const running = bench.start({ ...launch, processes: [recording] });
    const told = await running.until(
      "the session runs",
      ({ status, processes }) => status === "RUNNING" && processes?.[0]?.health === "ERROR",
    );
    expect(told.processes?.[0]).toMatchObject({ isActive: false, reason: expect.stringContaining("codec aac_latm") as string });
    expect(told.causes?.find(({ code }) => code === "PROCESS_FAILED")?.processId).toBe(recording.processId);
    expect(assetsOf(recording)).toEqual([]);
    await running.session.stop();
    await source.stop();
  });

  it("without sound has none", async () => {
    const source = await startCodedSource({ hasAudio: false });
    const processes = [processOf("RECORDING"), processOf("REPLAY")];
    const running = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await running.until("the session runs", isRunning);
    await whenGrown(bench, ...processes);
    await running.session.stop();
    await source.stop();
    for (const asset of await whenReady(2, ...processes)) {
      expect(await codecsOf(asset)).toEqual(["h264"]);
      expect((await decodeWhole(assetPath(bench.root, asset))).complaints).toBe("");
    }
  });

  it("of playbacks that are not HTTP is the same", async () => {
    const source = await startCodedSource();
    const receiver = await startReceiver();
    const file = fileOutput({ renditions: [rendition()], urls: ["beside/recording"] });
    const group = fileOutput({ playbackId: "playback_group", type: "MULTICAST", urls: [receiver.url], renditions: [passthrough] });
    const other = fileOutput({
      ...{ playbackId: "playback_other", type: "MULTICAST", urls: [receiver.url], serviceProvider: "Somebody" },
      renditions: [rendition({ id: "rendition_2", name: "90p", width: 160, height: 90 })],
    });
    const processes = [
      processOf("RECORDING", { playbackId: "playback_file" }),
      processOf("REPLAY", { playbackId: "playback_group", renditionId: passthrough.id }),
      processOf("RECORDING", { playbackId: "playback_other", renditionId: "rendition_2" }),
      processOf("THUMBNAIL", { playbackId: "playback_other", renditionId: "rendition_2", intervalSeconds: 1 }),
    ];
    const running = bench.start({ ...launchOf({ urlA: source.url }, [file, group, other]), processes });
    await running.until("the session runs", isRunning);
    await whenGrown(bench, ...processes.slice(0, 3));
    await eventually("a thumbnail", () => running.last().processes?.[3]?.contentVersion);
    await running.session.stop();
    await source.stop();
    receiver.close();
    for (const asset of await whenReady(3, ...processes)) {
      expect(breaksOf(await readFrameCodes(assetPath(bench.root, asset)))).toEqual([]);
    }
  });

  it("begins a second recording when the source becomes something else, and a replay goes on behind a discontinuity", async () => {
    const first = await startCodedSource({ size: "320x180" });
    const processes = [processOf("RECORDING", { renditionId: passthrough.id }), processOf("REPLAY", { renditionId: passthrough.id })];
    const running = bench.start({ ...launchOf({ urlA: first.url }, [httpOutput({ renditions: [passthrough] })]), processes });
    await running.until("the session runs", isRunning);
    await whenGrown(bench, ...processes);
    await first.stop();
    await running.until("the loss shows", ({ health }) => health === "ERROR");
    const second = await startCodedSource({ size: "256x144", group: first });
    const [recording, replay] = processes;
    await eventually("another recording", () => assetsOf(recording!).length === 2, 30_000);
    await running.until("it is fine again", isRunning, 30_000);
    await eventually("it goes on", () => readFileSync(assetPath(bench.root, assetsOf(replay!)[0]!), "utf8").includes("i2.mp4"));
    await running.session.stop();
    await second.stop();
    const recordings = await whenReady(2, recording!);
    const widths = await Promise.all(recordings.map(async (asset) => (await probe(assetPath(bench.root, asset)))[0]?.width));
    expect(widths).toEqual([320, 256]);
    for (const asset of recordings) expect((await decodeWhole(assetPath(bench.root, asset))).complaints).toBe("");
    const [whole] = await whenReady(1, replay!);
    expect(readFileSync(assetPath(bench.root, whole!), "utf8")).toMatch(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="i2.mp4"/);
  });

  it("is made no more of once its directory is deleted, and disturbs nothing", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")];
    const running = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await running.until("the session runs", isRunning);
    await whenGrown(bench, ...processes);
    const [deleted, kept] = assetsOf(...processes);
    rmSync(join(bench.root, "assets", deleted!.id), { recursive: true });
    await running.until("one is not active", ({ processes: told }) => told?.[0]?.isActive === false);
    const lengthOfKept = () => assetsOf(processes[1]!).find(({ id }) => id === kept!.id)?.durationSeconds ?? 0;
    const before = lengthOfKept();
    await eventually("the other goes on", () => lengthOfKept() > before, 30_000);
    await running.session.stop();
    await source.stop();
    await whenReady(1, processes[1]!);
    const [whole] = assetsOf(processes[1]!);
    expect(whole!.durationSeconds).toBeGreaterThan(before);
    expect(breaksOf(await readFrameCodes(assetPath(bench.root, whole!)))).toEqual([]);
    expect(readdirSync(join(bench.root, "assets"))).not.toContain(deleted!.id);
  });
});
