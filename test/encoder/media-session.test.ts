import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventControls, Observation, SessionLaunch } from "../../src/encoder/runner.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import {
  eventually,
  decodeWhole,
  freeMulticast,
  freeUdpPort,
  probe,
  startHlsSender,
  startMulticastSender,
  startSrtSender,
} from "../support/media.ts";
import { isAlive, processesWith, startedAtSeconds, uptimeSeconds } from "../support/process-list.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

/** Of this run alone: other runs on this machine are looked at as well. */
const PASSPHRASE = randomToken(20);

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const isFine = ({ status, health, playbacks }: Observation): boolean =>
  status === "RUNNING" && health === "OK" && playbacks.every((playback) => playback.status === "RUNNING" && playback.health === "OK");

async function multicast(picture: Parameters<typeof startMulticastSender>[0] | object = {}) {
  const group = await freeMulticast();
  return { ...group, url: `udp://${group.address}:${group.port}`, send: () => startMulticastSender({ ...picture, ...group }) };
}

async function playlist(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

/** The same while its event has it on air like this. */
function during(launch: SessionLaunch, onAir: EventControls["onAir"]): SessionLaunch {
  return { ...launch, controls: { ...launch.controls, event: { onAir, isBackupOnly: false, show: null } } };
}

const lastSegment = (text: string): number => Number(/_(\d+)\.(?:ts|m4s)\s*$/.exec(text.trim())?.[1]);

describe.concurrent("what comes out", () => {
  it("a ladder as HLS and DASH, each rung as its template says", async () => {
    const source = await multicast();
    const sender = source.send();
    const renditions = [rendition(), rendition({ id: "r2", name: "90p", width: 200, height: 90, videoBitrateKbps: 150, frameRate: 12.5 })];
    const web = httpOutput({ dashEnabled: true, renditions });
    const { session, until, observations } = bench.start(launchOf({ urlA: source.url }, [web]));
    await until("the session runs", isFine);
    expect(observations.map(({ status }) => status)).not.toContain("FAILED");
    expect(observations[0]?.status).toBe("STARTING");

    const base = `${bench.url}/live/${web.pathToken}`;
    const master = await playlist(`${base}/index.m3u8`);
    expect(master).toMatch(/CODECS="avc1\.[0-9A-F]{6},mp4a\.40\.2",RESOLUTION=320x180,FRAME-RATE=25\.000/);
    expect(master).toMatch(/RESOLUTION=200x90,FRAME-RATE=12\.500/);
    const media = await eventually("two segments", async () => {
      const text = await playlist(`${base}/v0.m3u8`);
      return (text.match(/#EXTINF/g)?.length ?? 0) >= 2 && text;
    });
    expect(media).toContain("#EXT-X-PROGRAM-DATE-TIME");
    expect(media).toContain("#EXT-X-INDEPENDENT-SEGMENTS");
    // Key frames stand on the grid: no segment is longer or shorter than it.
    expect(Array.from(media.matchAll(/#EXTINF:([\d.]+)/g), ([, seconds]) => Number(seconds))).toEqual(
      Array.from(media.matchAll(/#EXTINF/g), () => 2),
    );
    const streams = await probe(`${base}/index.m3u8`);
    expect(streams.filter(({ codec_type }) => codec_type === "video").map(({ width, avg_frame_rate }) => [width, avg_frame_rate])).toEqual([
      [320, "25/1"],
      [200, "25/2"],
    ]);
    const dash = await eventually("a playable manifest", () => probe(`${base}/manifest.mpd`));
    expect(dash.map(({ codec_name }) => codec_name)).toEqual(["h264", "h264", "aac"]);

    await session.stop();
    await sender.stop();
    expect((await fetch(`${base}/index.m3u8`)).status).toBe(404);
    expect(existsSync(join(bench.root, "media/live", web.pathToken))).toBe(false);
  });

  it("H.265, AV1 and Opus in fragmented MP4", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput({
      renditions: [
        rendition({ videoCodec: "H265", audioCodec: "OPUS" }),
        rendition({ id: "r2", videoCodec: "AV1", width: 240, height: 136 }),
      ],
    });
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [web]));
    await until("the session runs", isFine);
    const streams = await probe(`${bench.url}/live/${web.pathToken}/index.m3u8`);
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(["aac", "av1", "hevc", "opus"]);
    expect(await playlist(`${bench.url}/live/${web.pathToken}/v0.m3u8`)).toContain("#EXT-X-MAP");
    await session.stop();
    await sender.stop();
  });

  it("the source itself, beside what is encoded, as HLS, DASH and files of both formats", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput({ dashEnabled: true, renditions: [passthrough, rendition()] });
    const mkv = fileOutput({ playbackId: "mkv", urls: ["news/tonight (1) = a,b@c.mkv"], renditions: [passthrough, rendition()] });
    const mp4 = fileOutput({
      playbackId: "mp4",
      urls: ["news/parts"],
      fileFormat: "MP4",
      maxFileDurationSeconds: 2,
      renditions: [passthrough],
    });
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [web, mkv, mp4]));
    await until("the session runs", isFine);
    const base = `${bench.url}/live/${web.pathToken}`;
    expect((await probe(`${base}/index.m3u8`)).length).toBe(4);
    expect((await eventually("a playable manifest", () => probe(`${base}/manifest.mpd`))).length).toBe(4);
    const directory = join(bench.root, "files/news");
    await eventually("three parts", () => readdirSync(directory).filter((name) => name.startsWith("parts-")).length >= 3);
    await session.stop();
    await sender.stop();
    const names = readdirSync(directory);
    expect(names.filter((name) => /^tonight \(1\) = a,b@c-(Source|180p)-\d{8}T\d{6}Z\.mkv$/.test(name)).length).toBe(2);
    for (const name of names) {
      expect((await probe(join(directory, name))).map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
      expect((await decodeWhole(join(directory, name))).complaints).toBe("");
    }
  });

  it.each([
    ["no sound", { hasAudio: false }, ["h264"]],
    ["no picture", { hasVideo: false }, ["aac"]],
  ] as const)("an input with %s", async (_, picture, codecs) => {
    const source = await multicast(picture);
    const sender = source.send();
    const web = httpOutput({ dashEnabled: true, renditions: [rendition(), passthrough] });
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [web]));
    await until("the session runs", isFine, 20_000);
    const streams = await probe(`${bench.url}/live/${web.pathToken}/index.m3u8`);
    expect([...new Set(streams.map(({ codec_name }) => codec_name))]).toEqual(codecs);
    await session.stop();
    await sender.stop();
  });
});

describe.concurrent("pulled inputs", () => {
  it("SRT with a passphrase, which nobody sees in the process list", async () => {
    const port = await freeUdpPort();
    const sender = startSrtSender({ port, passphrase: PASSPHRASE });
    const web = httpOutput();
    const url = `srt://127.0.0.1:${port}?latency=200000`;
    const { session, until } = bench.start(launchOf({ type: "SRT_PULL", urlA: url, srtPassphrase: PASSPHRASE }, [web]));
    await until("the session runs", isFine, 20_000);
    const ours = processesWith(PASSPHRASE).filter((pid) => pid !== sender.pid);
    expect(ours).toEqual([]);
    await session.stop();
    await sender.stop();
  });

  it("an SRT caller with the wrong passphrase waits, and says nothing of it", async () => {
    const port = await freeUdpPort();
    const sender = startSrtSender({ port, passphrase: "the-right-one" });
    const launch = launchOf({ type: "SRT_PULL", urlA: `srt://127.0.0.1:${port}`, srtPassphrase: "the-wrong-one" }, [httpOutput()]);
    const { session, until, observations } = bench.start(launch);
    await until(
      "the session waits with a reason",
      ({ status, reason }) => status === "WAITING" && (reason?.includes("ffmpeg says") ?? false),
    );
    expect(JSON.stringify(observations)).not.toContain("the-wrong-one");
    await session.stop();
    await sender.stop();
  });

  it("HLS, from before it is there", async () => {
    const sender = await startHlsSender();
    const { session, until } = bench.start(launchOf({ type: "HLS_PULL", urlA: `${sender.url}?token=abc` }, [httpOutput()]));
    await until("the session runs", isFine, 25_000);
    expect(processesWith("token=abc")).toEqual([]);
    await sender.stop();
    await until("the loss shows", ({ health }) => health === "ERROR");
    await session.stop();
  });

  it("an address that is not allowed is never tried", async () => {
    const launch = launchOf({ type: "HLS_PULL", urlA: "http://10.1.2.3/live.m3u8" }, [httpOutput()]);
    const { session, until } = bench.start(launch);
    await until("it waits with the reason", ({ status, reason }) => status === "WAITING" && reason?.includes("10.1.2.3") === true);
    await session.stop();
  });
});

describe.concurrent("when things break", () => {
  it("a silent input is waited for, a lost one shows within 3 s, and comes back by itself", async () => {
    const source = await multicast();
    const web = httpOutput();
    const { session, until, observations, observedAt } = bench.start(launchOf({ urlA: source.url }, [web]));
    const waiting = await until("it waits", ({ status }) => status === "WAITING");
    expect(waiting.health).toBe("WARNING");
    const first = source.send();
    await until("the session runs", isFine);
    const { encoder } = session.pids;

    await first.stop();
    const stoppedAt = performance.now();
    const lost = await until("the loss shows", ({ health }) => health === "ERROR");
    expect(observedAt(lost) - stoppedAt).toBeLessThan(3_500);
    expect(lost.status).toBe("RUNNING");
    expect(lost.reason).toContain("input is lost");
    const before = lastSegment(await playlist(`${bench.url}/live/${web.pathToken}/v0.m3u8`));

    const second = source.send();
    await until("it is fine again", isFine);
    const text = await eventually("new segments", async () => {
      const now = await playlist(`${bench.url}/live/${web.pathToken}/v0.m3u8`);
      return lastSegment(now) > before + 1 && now;
    });
    expect(session.pids.encoder).toBe(encoder);
    expect(text.match(/#EXT-X-DISCONTINUITY/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(observations.filter(({ status }) => status === "RUNNING").length).toBeGreaterThan(1);
    expect(observations.findIndex(({ status }) => status === "RUNNING")).toBeGreaterThan(
      observations.findLastIndex(({ status }) => status === "WAITING"),
    );
    await session.stop();
    await second.stop();
  });

  it("an encoder killed with -9 is back within 3 s, its playlist goes on and what it recorded stays whole", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput({ dashEnabled: true });
    const file = fileOutput({ urls: ["killed/recording"], fileFormat: "MP4" });
    const { session, until, observations } = bench.start(launchOf({ urlA: source.url }, [web, file]));
    await until("the session runs", isFine);
    const url = `${bench.url}/live/${web.pathToken}/v0.m3u8`;
    const before = lastSegment(await playlist(url));
    const seen = observations.length;
    const victim = session.pids.encoder ?? 0;
    const killedAt = uptimeSeconds();
    process.kill(victim, "SIGKILL");
    const crashed = await eventually("the crash shows", () => observations.slice(seen).find(({ health }) => health === "ERROR"));
    expect(crashed.status).toBe("RUNNING");
    const successor = await eventually("another encoder", () => session.pids.encoder !== victim && session.pids.encoder);
    expect((startedAtSeconds(successor) ?? 0) - killedAt).toBeLessThan(3);
    const text = await eventually("a new segment", async () => {
      const now = await playlist(url);
      return now.includes("DISCONTINUITY") && lastSegment(now) > before && now;
    });
    expect(text.match(/#EXT-X-DISCONTINUITY/g)?.length).toBe(1);
    await until("it is fine again", isFine);
    expect(observations.every(({ status }) => status !== "FAILED")).toBe(true);
    await session.stop();
    await sender.stop();
    const names = readdirSync(join(bench.root, "files/killed"));
    expect(names.length).toBe(2);
    for (const name of names) expect((await decodeWhole(join(bench.root, "files/killed", name))).frames).toBeGreaterThan(20);
  });

  it("five crashes within a minute are FAILED, and leave nothing running", async () => {
    const source = await multicast();
    const sender = source.send();
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [httpOutput()]));
    await until("the session runs", isFine);
    for (let crash = 1; crash <= 5; crash += 1) {
      const pid = await eventually("an encoder", () => session.pids.encoder);
      process.kill(pid, "SIGKILL");
      await eventually("it is gone", () => session.pids.encoder !== pid);
    }
    const failed = await until("it failed", ({ status }) => status === "FAILED");
    expect(failed.reason).toContain("crashed 5 times");
    await eventually("nothing runs", () => session.pids.ingest === null && session.pids.encoder === null);
    await session.stop();
    await sender.stop();
  });

  it("an ingest killed with -9 or frozen is replaced, and the encoder never notices", async () => {
    const source = await multicast({ audioCodec: "mp2" });
    const sender = source.send();
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [httpOutput()]));
    await until("the session runs", isFine);
    const { encoder } = session.pids;
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
      const pid = await eventually("an ingest", () => session.pids.ingest);
      process.kill(pid, signal);
      await eventually("another ingest", () => session.pids.ingest !== null && session.pids.ingest !== pid);
      expect(isAlive(pid)).toBe(false);
      await until("it is fine", isFine);
    }
    expect(session.pids.encoder).toBe(encoder);
    await session.stop();
    await sender.stop();
  });

  it("a frozen encoder shows, and is replaced within 10 s", async () => {
    const source = await multicast();
    const sender = source.send();
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [httpOutput()]));
    await until("the session runs", isFine);
    const frozen = session.pids.encoder ?? 0;
    const frozenAt = uptimeSeconds();
    process.kill(frozen, "SIGSTOP");
    const stuck = await until("it shows", ({ health }) => health === "ERROR");
    expect(stuck.reason).toContain("does not move on");
    const successor = await eventually("another encoder", () => session.pids.encoder !== frozen && session.pids.encoder);
    expect((startedAtSeconds(successor) ?? 0) - frozenAt).toBeLessThan(10);
    await until("it is fine again", isFine);
    expect(isAlive(frozen)).toBe(false);
    await session.stop();
    await sender.stop();
  });

  it("an input that comes back as something else gets another encoder", async () => {
    const group = await freeMulticast();
    const first = startMulticastSender({ ...group, size: "320x180" });
    const web = httpOutput({ renditions: [passthrough] });
    const { session, until } = bench.start(launchOf({ urlA: `udp://${group.address}:${group.port}` }, [web]));
    await until("the session runs", isFine);
    const { encoder } = session.pids;
    await first.stop();
    await until("the loss shows", ({ health }) => health === "ERROR");
    const url = `${bench.url}/live/${web.pathToken}`;
    const last = lastSegment(await playlist(`${url}/v0.m3u8`));
    const second = startMulticastSender({ ...group, size: "256x144" });
    await eventually("another encoder", () => session.pids.encoder !== null && session.pids.encoder !== encoder);
    await until("it is fine again", isFine);
    const streams = await eventually("the new picture", () => probe(`${url}/index.m3u8`));
    expect(streams[0]?.width).toBe(256);
    const names = [...(await playlist(`${url}/v0.m3u8`)).matchAll(/_(\d+)\.ts/g)].map(([, name]) => Number(name));
    expect(names.filter((name) => name <= last)).toEqual([]);
    await session.stop();
    await second.stop();
  });

  it("a restart in the same generation goes on with its playlists, another generation begins anew", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput();
    const launch = launchOf({ urlA: source.url }, [web]);
    const directory = join(bench.root, "media/live", web.pathToken);
    mkdirSync(directory, { recursive: true });
    const first = bench.start(launch);
    await first.until("the session runs", isFine);
    const url = `${bench.url}/live/${web.pathToken}/v0.m3u8`;
    // As if this agent had been killed: its processes are gone, its files are there.
    await first.session.abandon();
    const number = lastSegment(await playlist(url));
    const again = bench.start(launch);
    await again.until("the session runs", isFine);
    const continued = await eventually("a new segment", async () => {
      const text = await playlist(url);
      return lastSegment(text) > number && text;
    });
    expect(continued).toContain(`_${number}.ts`);
    // One after the other from the first on, which the playlist says the number of: what reads it by numbers finds what it had found.
    const names = [...continued.matchAll(/_(\d+)\.ts/g)].map(([, name]) => Number(name));
    const begins = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(continued)?.[1]);
    expect(names).toEqual(names.map((_, place) => begins + place));
    await again.session.stop();
    const next = bench.start({ ...launch, generation: launch.generation + 1 });
    await next.until("the session runs", isFine);
    const fresh = await playlist(url);
    expect(fresh).not.toContain(`_${number}.ts`);
    expect(lastSegment(fresh)).toBeGreaterThan(lastSegment(continued));
    await next.session.stop();
    await sender.stop();
  });

  it("a signal that is of another kind after a restart in the same generation begins anew, with nothing of what was", async () => {
    const group = await freeMulticast();
    const first = startMulticastSender(group);
    const web = httpOutput({ renditions: [passthrough] });
    const launch = launchOf({ urlA: `udp://${group.address}:${group.port}` }, [web]);
    const directory = join(bench.root, "media/live", web.pathToken);
    const before = bench.start(launch);
    await before.until("the session runs", isFine);
    await before.session.abandon();
    const url = `${bench.url}/live/${web.pathToken}`;
    const number = lastSegment(await playlist(`${url}/v0.m3u8`));
    await first.stop();
    const second = startMulticastSender({ ...group, videoEncoder: "libx265" });
    const again = bench.start(launch);
    await again.until("the session runs", isFine);
    const names = [...(await playlist(`${url}/v0.m3u8`)).matchAll(/_(\d+)\.(ts|m4s)$/gm)];
    expect(new Set(names.map(([, , extension]) => extension))).toEqual(new Set(["m4s"]));
    expect(Number(names[0]?.[1])).toBeGreaterThan(number);
    expect(readdirSync(directory).filter((name) => name.endsWith(".ts"))).toEqual([]);
    expect((await probe(`${url}/index.m3u8`)).map(({ codec_name }) => codec_name)).toEqual(["hevc", "aac"]);
    await again.session.stop();
    await second.stop();
  });

  it("nothing of a test is there once its agent was killed and the event is off air when another takes it up", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput();
    const launch = launchOf({ urlA: source.url }, [web]);
    const testing = bench.start(during(launch, "TEST"));
    await testing.until("the test runs", isFine);
    await testing.session.abandon();
    const off = bench.start(during(launch, "OFF"));
    await off.until("the event is off air", ({ reason }) => reason === "The event is not on air.");
    expect(readdirSync(join(bench.root, "media/live", web.pathToken)).toSorted()).toEqual([".generation", ".private"]);
    await off.session.stop();
    await sender.stop();
  });

  it("what was tested is played by nobody, though another agent takes up what is live by now", async () => {
    const source = await multicast();
    const sender = source.send();
    const web = httpOutput();
    const launch = launchOf({ urlA: source.url }, [web]);
    const url = `${bench.url}/live/${web.pathToken}/v0.m3u8`;
    const written = (): string => readFileSync(join(bench.root, "media/live", web.pathToken, "v0.m3u8"), "utf8");
    const testing = bench.start(during(launch, "TEST"));
    await testing.until("the test runs", isFine);
    await testing.session.abandon();
    const tested = lastSegment(written());
    expect((await fetch(url)).status).toBe(404);
    // Of a test that goes on, its playlist does.
    const goingOn = bench.start(during(launch, "TEST"));
    const longer = await eventually("a new segment", () => lastSegment(written()) > tested && written());
    expect(longer).toContain(`_${tested}.ts`);
    await goingOn.session.abandon();
    const live = bench.start(during(launch, "LIVE"));
    await live.until("the show runs", isFine);
    const shown = await playlist(url);
    const ended = lastSegment(longer);
    const names = [...shown.matchAll(/_(\d+)\.ts/g)].map(([, name]) => Number(name));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name <= ended)).toEqual([]);
    await live.session.stop();
    await sender.stop();
  });
});

describe.concurrent("stopping", () => {
  it("leaves no process, however early, and can be asked for twice", async () => {
    const source = await multicast();
    const sender = source.send();
    const running = bench.start(launchOf({ urlA: source.url }, [httpOutput()]));
    await running.until("the session runs", isFine);
    const pids = Object.values(running.session.pids);
    await Promise.all([running.session.stop(), running.session.stop()]);
    for (const pid of pids) expect(isAlive(pid ?? 0)).toBe(false);
    expect(running.last().status).toBe("STOPPED");
    const early = bench.start(launchOf({ urlA: source.url }, [httpOutput()]));
    await early.session.stop();
    expect(early.session.pids).toEqual({ ingest: null, encoder: null });
    await sender.stop();
    expect(processesWith(source.address).length).toBe(0);
  });

  it("a file output through a link out of the recordings is refused", async () => {
    const source = await multicast();
    const sender = source.send();
    mkdirSync(join(bench.root, "files"), { recursive: true });
    symlinkSync("/tmp", join(bench.root, "files/link"));
    const { session, until } = bench.start(launchOf({ urlA: source.url }, [fileOutput({ urls: ["link/escape"] })]));
    const failed = await until("it fails", ({ status }) => status === "FAILED");
    expect(failed.reason).toContain("not a directory");
    await session.stop();
    await sender.stop();
  });

  it("what the encoder at hand cannot run fails at once, and starts nothing", async () => {
    const launches = [
      launchOf({ type: "CAPTURE_CARD" }, [httpOutput()]),
      launchOf({ urlA: "udp://239.1.1.1:5000" }, [httpOutput({ type: "WHIP" })]),
    ];
    for (const [index, type] of ["CAPTURE_CARD", "WHIP"].entries()) {
      const { session, until } = bench.start(launches[index]!);
      const failed = await until("it fails", ({ status }) => status === "FAILED");
      expect(failed.reason).toContain(type);
      await session.stop();
    }
  });
});

it("keeps nothing of a secret in any file below the media root", () => {
  const files = readdirSync(bench.root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".json"),
  );
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.toContain(PASSPHRASE);
});
