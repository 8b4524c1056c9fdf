import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Observation, OutputLaunch } from "../../src/encoder/runner.ts";
import { eventually, freeMulticast, probe, startMulticastSender } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";
import { openCmafReceiver, openRtmpReceiver, receiveProgram, type Receiver } from "./output-receivers.ts";

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
    const other = feedOutput("MULTICAST", [`${urlOf(third)}?ttl=0&pkt_size=376`], { playbackId: "other", serviceProvider: "Other" });
    const { session, until } = bench.start(launchOf({ urlA: urlOf(source) }, [ladder, httpOutput(), other]));
    await until("the session runs", isFine);
    const received = await Promise.all([first, second, third].map((group) => receiveProgram(`${urlOf(group)}?localaddr=127.0.0.1`)));
    expect(received.map(({ program_num }) => program_num)).toEqual([4711, 4711, 1]);
    const provider = "Köln | TV: [one]=a,b 'c'";
    expect(received.map(({ tags }) => tags.service_provider)).toEqual([provider, provider, "Other"]);
    for (const { streams } of received) expect(streams.map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
    await session.stop();
    await sender.stop();
  });

  it("RTMP_PUSH and CMAF_PUSH: dead receivers disturb nothing, and are fed again when they return", async () => {
    const { url, sender } = await startSource();
    const rtmp = await openRtmpReceiver();
    const cmaf = await openCmafReceiver(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
    await Promise.all([rtmp.start(), cmaf.start()]);
    const web = httpOutput({ renditions: [rendition(), rendition({ id: "r2", name: "90p", width: 160, height: 90 })] });
    const small = rendition({ id: "r2", name: "90p", width: 160, height: 90 });
    const outputs = [
      web,
      feedOutput("RTMP_PUSH", [`${rtmp.url}/source`, `${rtmp.url}/small`], { renditions: [passthrough, small] }),
      feedOutput("CMAF_PUSH", [`${cmaf.url.replace("//", "//user:p%40ss@")}/in/?token=a%2Fb`], { renditions: [rendition(), small] }),
    ];
    const { session, until, observations } = bench.start(launchOf({ urlA: url }, outputs));
    await until("the session runs", isFine);
    const stored = `${cmaf.url}/in/manifest.mpd`;
    expect((await eventually("a manifest that plays", () => probe(stored))).map(({ codec_name }) => codec_name)).toEqual([
      "h264",
      "h264",
      "aac",
    ]);

    await killAndReturn([rtmp, cmaf], async () => {
      const {
        reason,
        health: whole,
        playbacks,
      } = await until("both show", ({ playbacks: [, one, other] }) => one?.health === "ERROR" && other?.health === "ERROR");
      expect(playbacks.map(({ status, health }) => [status, health])).toEqual([
        ["RUNNING", "OK"],
        ["RUNNING", "ERROR"],
        ["RUNNING", "ERROR"],
      ]);
      expect([whole, reason]).toEqual(["WARNING", expect.stringContaining("2 of 3 outputs")]);
    });
    await until("all is fine again", isFine, 5_000);
    await expectNoGap(`${bench.url}/live/${web.pathToken}/v0.m3u8`);
    expect(await probe(stored)).toHaveLength(3);
    expect(await probe(`${cmaf.url}/in/master.m3u8`)).toHaveLength(3);

    cmaf.refuseWith(302);
    await until("a redirect shows", ({ playbacks }) => playbacks[2]?.reason?.includes("302") === true);
    cmaf.refuseWith(null);
    await session.stop();
    await sender.stop();
    expect(JSON.stringify(observations)).not.toMatch(/p@ss|p%40ss|small"/);
    const recorded = readdirSync(rtmp.directory).map((name) => join(rtmp.directory, name));
    for (const path of recorded) expect((await probe(path)).map(({ codec_name }) => codec_name).toSorted()).toEqual(["aac", "h264"]);
    await rtmp.close();
    await cmaf.close();
  }, 60_000);
});
