import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Observation, OutputLaunch } from "../../src/encoder/runner.ts";
import { eventually, freeMulticast, freeUdpPort, probe, startMulticastSender } from "../support/media.ts";
import { processesWith } from "../support/process-list.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";
import { freeTcpPort, openCmafReceiver, openRtmpReceiver, openSrtReceiver, receiveProgram, type Receiver } from "./output-receivers.ts";

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const isFine = ({ status, health, playbacks }: Observation): boolean =>
  status === "RUNNING" && health === "OK" && playbacks.every((playback) => playback.status === "RUNNING" && playback.health === "OK");

function feedOutput(type: OutputLaunch["type"], urls: readonly string[], own: Partial<OutputLaunch> = {}): OutputLaunch {
  return httpOutput({ playbackId: `playback_${type}`, name: type, type, urls, hlsEnabled: false, ...own });
}

async function startSource() {
  const group = await freeMulticast();
  return { url: `udp://${group.address}:${group.port}`, sender: startMulticastSender(group) };
}

/** Kills receivers, and starts them again; each is fed within 3 s of that. */
async function killAndReturn(receivers: readonly Receiver[], whileGone: () => Promise<void>): Promise<void> {
  await Promise.all(receivers.map((receiver) => receiver.kill()));
  await whileGone();
  const before = receivers.map((receiver) => receiver.bytes());
  await Promise.all(receivers.map((receiver) => receiver.start()));
  await eventually("all are fed again", () => receivers.every((receiver, index) => receiver.bytes() > (before[index] ?? 0)), 3_000);
}

/** A media playlist whose segments follow one another without a hole. */
async function expectNoGap(url: string): Promise<void> {
  const text = await (await fetch(url)).text();
  expect(text).not.toContain("DISCONTINUITY");
  expect([...new Set(Array.from(text.matchAll(/#EXTINF:([\d.]+)/g), ([, seconds]) => Number(seconds)))]).toEqual([2]);
}

describe.concurrent("outputs", () => {
  it("MULTICAST: each rendition to its own group, with its service", async () => {
    const [source, first, second, third] = await Promise.all([freeMulticast(), freeMulticast(), freeMulticast(), freeMulticast()]);
    const sender = startMulticastSender(source);
    const urlOf = ({ address, port }: typeof source): string => `udp://${address}:${port}`;
    const ladder = feedOutput("MULTICAST", [`${urlOf(first)}?ttl=0`, `${urlOf(second)}?ttl=0`], {
      renditions: [passthrough, rendition()],
      serviceProvider: "Köln | TV: [one]=a,b 'c'",
      programNumber: 4711,
    });
    const other = feedOutput("MULTICAST", [`${urlOf(third)}?ttl=0&pkt_size=376`], {
      playbackId: "other",
      serviceProvider: "Other",
      renditions: [rendition({ videoCodec: "H265", audioCodec: "OPUS" })],
    });
    const { session, until } = bench.start(launchOf({ urlA: urlOf(source) }, [ladder, httpOutput(), other]));
    await until("the session runs", isFine);
    const received = await Promise.all([first, second, third].map((group) => receiveProgram(`${urlOf(group)}?localaddr=127.0.0.1`)));
    expect(received.map(({ program_num }) => program_num)).toEqual([4711, 4711, 1]);
    const provider = "Köln | TV: [one]=a,b 'c'";
    expect(received.map(({ tags }) => tags.service_provider)).toEqual([provider, provider, "Other"]);
    expect(received.map(({ streams }) => streams.map(({ codec_name }) => codec_name))).toEqual([
      ["h264", "aac"],
      ["h264", "aac"],
      ["hevc", "opus"],
    ]);
    await session.stop();
    await sender.stop();
  });

  it("SRT_PUSH, RTMP_PUSH and CMAF_PUSH: dead receivers disturb nothing, and are fed again when they return", async () => {
    const { url, sender } = await startSource();
    const rtmp = await openRtmpReceiver();
    const cmaf = await openCmafReceiver(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
    const srt = openSrtReceiver({ port: await freeUdpPort(), passphrase: "correct-horse", streamId: "secret-stream" });
    const receivers = [rtmp, cmaf, srt];
    await Promise.all(receivers.map((receiver) => receiver.start()));
    const web = httpOutput({ renditions: [rendition(), rendition({ id: "r2", name: "90p", width: 160, height: 90 })] });
    const small = rendition({ id: "r2", name: "90p", width: 160, height: 90 });
    const outputs = [
      web,
      feedOutput("RTMP_PUSH", [`${rtmp.url}/source`, `${rtmp.url}/small`], { renditions: [passthrough, small] }),
      feedOutput("CMAF_PUSH", [`${cmaf.url.replace("//", "//user:p%40ss@")}/in/?token=a%2Fb`], { renditions: [rendition(), small] }),
      feedOutput("SRT_PUSH", [srt.url], { serviceProvider: "Acme", programNumber: 9 }),
    ];
    const { session, until, observations } = bench.start(launchOf({ urlA: url }, outputs));
    await until("the session runs", isFine);
    const stored = `${cmaf.url}/in/manifest.mpd`;
    expect((await eventually("a manifest that plays", () => probe(stored))).map(({ codec_name }) => codec_name)).toEqual([
      "h264",
      "h264",
      "aac",
    ]);

    await killAndReturn(receivers, async () => {
      const {
        reason,
        health: whole,
        playbacks,
      } = await until("all show", ({ playbacks: [, ...pushed] }) => pushed.every((playback) => playback.health === "ERROR"));
      expect(playbacks.map(({ status, health }) => [status, health])).toEqual([
        ["RUNNING", "OK"],
        ["RUNNING", "ERROR"],
        ["RUNNING", "ERROR"],
        ["RUNNING", "ERROR"],
      ]);
      expect([whole, reason]).toEqual(["WARNING", expect.stringContaining("3 of 4 outputs")]);
    });
    await until("all is fine again", isFine, 5_000);
    await expectNoGap(`${bench.url}/live/${web.pathToken}/v0.m3u8`);
    expect(await probe(stored)).toHaveLength(3);
    expect(await probe(`${cmaf.url}/in/master.m3u8`)).toHaveLength(3);

    // Fragments come before what names them, below the one URL, with its query.
    expect(cmaf.missing).toEqual([]);
    expect(cmaf.log.filter((line) => !/^(PUT|DELETE) \/in\/[a-z0-9_]+\.(init|m4s|m3u8|mpd)\?token=a%2Fb$/.test(line))).toEqual([]);
    expect([...new Set([...cmaf.files.values()].map(({ contentType }) => contentType))].toSorted()).toEqual([
      "application/dash+xml",
      "application/vnd.apple.mpegurl",
      "video/iso.segment",
      "video/mp4",
    ]);

    const encoder = session.pids.encoder ?? 0;
    const before = receivers.map((receiver) => receiver.bytes());
    process.kill(encoder, "SIGKILL");
    await eventually("another encoder", () => session.pids.encoder !== null && session.pids.encoder !== encoder);
    await until("all is fine once more", isFine);
    await eventually("all go on", () => receivers.every((receiver, index) => receiver.bytes() > (before[index] ?? 0) + 50_000));

    cmaf.refuseWith(302);
    await until("a redirect shows", ({ playbacks }) => playbacks[2]?.reason?.includes("302") === true);
    cmaf.refuseWith(null);
    const pid = String(session.pids.encoder);
    expect(processesWith("secret-stream").concat(processesWith("correct-horse"), processesWith("p%40ss")).map(String)).not.toContain(pid);
    await session.stop();
    await sender.stop();
    expect(await receiveProgram(join(srt.directory, "2.ts"))).toMatchObject({ program_num: 9, tags: { service_provider: "Acme" } });
    expect(JSON.stringify(observations)).not.toMatch(/p@ss|p%40ss|correct-horse|secret-stream/);
    const recorded = readdirSync(rtmp.directory).map((name) => join(rtmp.directory, name));
    for (const path of recorded) expect((await probe(path)).map(({ codec_name }) => codec_name).toSorted()).toEqual(["aac", "h264"]);
    await Promise.all(receivers.map((receiver) => receiver.close()));
  });

  it("only receivers that are not there: STARTING with their reason, RUNNING from the first that comes, and each rendition counts", async () => {
    const { url, sender } = await startSource();
    const [first, second] = await Promise.all([freeUdpPort(), freeUdpPort()]).then((ports) =>
      ports.map((port) => openSrtReceiver({ port })),
    );
    if (!first || !second) throw new Error("There are two");
    const small = rendition({ id: "r2", name: "90p", width: 160, height: 90 });
    const dead = feedOutput("CMAF_PUSH", [`http://127.0.0.1:${await freeTcpPort()}/in`]);
    const outputs = [feedOutput("SRT_PUSH", [first.url, second.url], { renditions: [rendition(), small] }), dead];
    const { session, until } = bench.start(launchOf({ urlA: url }, outputs));
    const none = await until("it says why", ({ playbacks }) =>
      playbacks.every(({ reason, health }) => health === "ERROR" && reason !== null),
    );
    expect([none.status, none.health]).toEqual(["STARTING", "ERROR"]);
    expect(none.playbacks.map(({ status }) => status)).toEqual(["STARTING", "STARTING"]);
    expect(none.playbacks[1]?.reason).toContain("ECONNREFUSED");
    const { encoder } = session.pids;

    await first.start();
    const half = await until("one runs", ({ status }) => status === "RUNNING");
    expect(half.playbacks.map(({ status }) => status)).toEqual(["RUNNING", "STARTING"]);
    await until(
      "the other rendition is named",
      ({ playbacks: [srt] }) => srt?.health === "ERROR" && srt.reason?.includes("“90p”") === true,
    );
    await second.start();
    const whole = await until("both flow", ({ playbacks: [srt] }) => srt?.health === "OK");
    expect([whole.health, whole.reason]).toEqual(["WARNING", expect.stringContaining("1 of 2 outputs")]);
    expect(session.pids.encoder).toBe(encoder);

    const askedAt = performance.now();
    await session.stop();
    expect(performance.now() - askedAt).toBeLessThan(4_000);
    await sender.stop();
    await Promise.all([first.close(), second.close()]);
  });
});
