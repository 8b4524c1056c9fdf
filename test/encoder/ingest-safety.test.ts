import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkAccess } from "../../src/network/connect.ts";
import { resolveAllowed } from "../../src/network/resolve.ts";
import { eventually } from "../support/media.ts";
import { makeTransportStream } from "../support/pull-senders.ts";
import { startRtspServer } from "../support/rtsp-server.ts";
import { openIngestBench, type RunningIngest } from "./ingest-harness.ts";

let bench: Awaited<ReturnType<typeof openIngestBench>>;
let segment: Buffer;
const servers: Server[] = [];
beforeAll(async () => {
  bench = await openIngestBench();
  segment = await makeTransportStream(4);
});
afterAll(async () => {
  await bench.close();
  servers.forEach((server) => server.close());
});

/** Every name but this one, and every address, is judged by a policy that allows nothing of this machine. */
const access: NetworkAccess = {
  resolve: async (host) =>
    host === "media.example" ? { kind: "ALLOWED", addresses: ["127.0.0.1"] } : resolveAllowed(host, { allowedNetworks: [] }),
};

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Something internal that counts who connects to it, and answers as a proxy would. */
async function canary() {
  let hits = 0;
  const server = createTcpServer((socket) => {
    hits += 1;
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n0123456789abcdef"));
  });
  return { port: await listen(server), hits: () => hits };
}

/** Serves texts, segments and redirects by path, under the allowed name. */
async function mediaServer(answers: Readonly<Record<string, string | Buffer | { readonly location: string }>>) {
  const asked: string[] = [];
  const port = await listen(
    createServer((request, response) => {
      const path = request.url ?? "";
      asked.push(path);
      const answer = answers[path];
      if (answer === undefined) response.writeHead(404).end();
      else if (typeof answer === "object" && "location" in answer) response.writeHead(302, answer).end();
      else response.end(answer);
    }),
  );
  return { url: `http://media.example:${port}`, asked };
}

const playlist = (...lines: readonly string[]): string =>
  ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:4", "#EXT-X-MEDIA-SEQUENCE:1", ...lines, ""].join("\n");

async function expectRefused(running: RunningIngest, internal: { hits: () => number }): Promise<void> {
  await eventually("the refusal", () => running.state().isAddressRefused);
  expect(running.state().problem).toMatch(/not allowed|never allowed|HEADEND_ALLOWED_NETWORKS/);
  expect(internal.hits()).toBe(0);
}

describe.concurrent("what an input's server may lead to", () => {
  it.each<[string, (port: number) => readonly string[], Readonly<Record<string, (port: number) => string>>]>([
    ["a segment at an internal address", (port) => ["#EXTINF:4,", `http://127.0.0.1:${port}/secret.ts`], {}],
    ["a segment at an internal address over TLS", (port) => ["#EXTINF:4,", `https://127.0.0.1:${port}/secret.ts`], {}],
    ["a segment at an internal address in other words", (port) => ["#EXTINF:4,", `http://[::ffff:127.0.0.1]:${port}/secret.ts`], {}],
    ["a segment at a cloud's metadata", () => ["#EXTINF:4,", "http://169.254.169.254/latest/meta-data/x.ts"], {}],
    ["a segment that redirects there", () => ["#EXTINF:4,", "moved.ts"], { "/moved.ts": (port) => `http://127.0.0.1:${port}/x.ts` }],
    ["a key at an internal address", (port) => [`#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:${port}/key"`, "#EXTINF:4,", "a.ts"], {}],
    ["a map at an internal address", (port) => [`#EXT-X-MAP:URI="http://127.0.0.1:${port}/init.mp4"`, "#EXTINF:4,", "a.ts"], {}],
  ])("is not %s", async (_, lines, redirects) => {
    const internal = await canary();
    const moved = Object.entries(redirects).map(([path, target]) => [path, { location: target(internal.port) }] as const);
    const server = await mediaServer({ "/live.m3u8": playlist(...lines(internal.port)), "/a.ts": segment, ...Object.fromEntries(moved) });
    const running = bench.start({ type: "HLS_PULL", url: `${server.url}/live.m3u8` }, { access });
    await expectRefused(running, internal);
    expect(server.asked).toContain("/live.m3u8");
  });

  it.each<[string, (uri: string) => readonly string[]]>([
    ["a segment", (uri) => ["#EXTINF:4,", ` ${uri}`]],
    ["a key", (uri) => [`#EXT-X-KEY:METHOD=AES-128,URI="${uri}"`, "#EXTINF:4,", "a.ts"]],
    ["a map", (uri) => [`#EXT-X-MAP:URI="${uri}"`, "#EXTINF:4,", "a.ts"]],
  ])("is not %s by the scheme of a proxy, be cues wanted or not", async (_, lines) => {
    const internal = await canary();
    const server = await mediaServer({
      "/live.m3u8": playlist(...lines(`httpproxy://127.0.0.1:${internal.port}/x:80/a.ts`)),
      "/a.ts": segment,
    });
    const source = { type: "HLS_PULL", url: `${server.url}/live.m3u8` } as const;
    const running = [bench.start(source, { access }), bench.start(source, { access, onCue: () => undefined })];
    await Promise.all(running.map((one) => expectRefused(one, internal)));
  });

  it("is not anything in a DASH manifest by another scheme or at an internal address", async () => {
    const internal = await canary();
    const manifest = (base: string, media = "$Number$.m4s", initialization = "i.mp4"): string =>
      `<MPD type="static" mediaPresentationDuration="PT8S"><Period><BaseURL>${base}</BaseURL><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1"><SegmentTemplate media="${media}" initialization="${initialization}" duration="4"/></Representation></AdaptationSet></Period></MPD>`;
    const proxy = `httpproxy://127.0.0.1:${internal.port}/x:80/`;
    const server = await mediaServer({
      "/base.mpd": manifest(proxy),
      "/media.mpd": manifest("", `${proxy}$Number$.m4s`),
      "/header.mpd": manifest("", "$Number$.m4s", `${proxy}i.mp4`),
      "/plain.mpd": manifest(`http://127.0.0.1:${internal.port}/`),
    });
    const running = ["base", "media", "header", "plain"].map((name) =>
      bench.start({ type: "DASH_PULL", url: `${server.url}/${name}.mpd` }, { access }),
    );
    await Promise.all(running.map((one) => expectRefused(one, internal)));
  });

  it("is not what a segment says that is no media", async () => {
    const internal = await canary();
    const there = `http://127.0.0.1:${internal.port}/a.ts`;
    const segments = {
      "/0.ts": playlist("#EXTINF:4,", there),
      "/1.ts": `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttpproxy://127.0.0.1:${internal.port}/x:80\n`,
      "/2.ts": `ffconcat version 1.0\nfile '${there}'\n`,
      "/3.ts": `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${internal.port} RTP/AVP/TCP 33\n`,
      "/4.ts": `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-main:2011" type="static"><Period><AdaptationSet><Representation id="0" mimeType="video/mp4"><BaseURL>${there}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    };
    const lists = Object.keys(segments).map((path) => [`/list${path}.m3u8`, playlist("#EXTINF:4,", path, "#EXT-X-ENDLIST")] as const);
    const server = await mediaServer({ ...segments, ...Object.fromEntries(lists) });
    const running = lists.map(([path]) => bench.start({ type: "HLS_PULL", url: `${server.url}${path}` }, { access }));
    await eventually("all were read", () => Object.keys(segments).every((path) => server.asked.includes(path)));
    await eventually("all were given up", () => running.every((one) => one.state().problem !== null), 20_000);
    expect(internal.hits()).toBe(0);
  });

  it("is not what else a playlist can name", async () => {
    const internal = await canary();
    const there = `httpproxy://127.0.0.1:${internal.port}/x:80`;
    const others = [
      `#EXT-X-SESSION-KEY:METHOD=AES-128,URI="${there}"`,
      `#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="${there}"`,
      `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",DEFAULT=YES,URI="${there}"`,
      `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${there}"`,
      `#EXT-X-KEY:METHOD=SAMPLE-AES,KEYFORMAT="com.other",URI="${there}"`,
    ];
    const server = await mediaServer({
      "/master.m3u8": ["#EXTM3U", ...others, '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"', "live.m3u8", ""].join("\n"),
      "/live.m3u8": playlist(...others, "#EXTINF:4,", "a.ts"),
      "/a.ts": segment,
    });
    const running = bench.start({ type: "HLS_PULL", url: `${server.url}/master.m3u8` }, { access });
    await eventually("its media", () => running.bytes().length > 100_000);
    expect(internal.hits()).toBe(0);
  });

  it("is not the variant, the sound or the redirect of a playlist", async () => {
    const internal = await canary();
    const there = `http://127.0.0.1:${internal.port}/v.m3u8`;
    const master = (uri: string, audio: string) =>
      `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="${audio}"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\n${uri}\n`;
    const server = await mediaServer({
      "/variant.m3u8": master(there, "a.m3u8"),
      "/sound.m3u8": master("v.m3u8", there),
      "/redirect.m3u8": { location: there },
      "/scheme.m3u8": master(`HTTPPROXY://127.0.0.1:${internal.port}/x:80`, "a.m3u8"),
      "/v.m3u8": playlist("#EXTINF:4,", "a.ts"),
    });
    for (const path of ["variant", "sound", "redirect", "scheme"]) {
      await expectRefused(bench.start({ type: "HLS_PULL", url: `${server.url}/${path}.m3u8` }, { access }), internal);
    }
  });

  it("is not another playlist than the first one was, once its name leads elsewhere", async () => {
    const internal = await canary();
    let isTurned = false;
    const turning: NetworkAccess = {
      resolve: (host) =>
        host === "media.example" && isTurned ? resolveAllowed("127.0.0.1", { allowedNetworks: [] }) : access.resolve(host),
    };
    const server = await mediaServer({ "/live.m3u8": playlist("#EXTINF:4,", "a.ts"), "/a.ts": segment });
    const running = bench.start({ type: "HLS_PULL", url: `${server.url}/live.m3u8` }, { access: turning });
    await eventually("the first segment", () => running.bytes().length > 10_000);
    const asked = server.asked.length;
    isTurned = true;
    await expectRefused(running, internal);
    expect(server.asked.length).toBeLessThanOrEqual(asked + 1);
  });

  it.each(["rtsp", "rtmp"])("is not what a name of %s turns to between the check and the connection", async (scheme) => {
    const internal = await canary();
    let lookups = 0;
    const turning: NetworkAccess = {
      resolve: () => {
        lookups += 1;
        if (lookups === 1) return Promise.resolve({ kind: "ALLOWED", addresses: ["127.0.0.1"] });
        return resolveAllowed("127.0.0.1", { allowedNetworks: [] });
      },
    };
    const type = scheme === "rtsp" ? "RTSP_PULL" : "RTMP_PULL";
    const running = bench.start({ type, url: `${scheme}://turning.example:${internal.port}/live/a` }, { access: turning });
    await expectRefused(running, internal);
    expect(lookups).toBeGreaterThan(1);
  });

  it("is not where RTSP redirects to", async () => {
    const internal = await canary();
    const server = await startRtspServer({ redirectTo: `rtsp://127.0.0.1:${internal.port}/live/a` });
    const running = bench.start({ type: "RTSP_PULL", url: `rtsp://media.example:${server.port}/live/cam` }, { access });
    await eventually("the reason", () => running.state().problem === "The server of the input redirects, which is not followed.");
    expect(internal.hits()).toBe(0);
    await server.close();
  });

  it.each(["SRT_PULL srt", "RTMP_PULL rtmp", "RTSP_PULL rtsp", "HLS_PULL http", "RTP_PULL rtp"])(
    "is not an address that the URL names: %s",
    async (pair) => {
      const [type = "", scheme = ""] = pair.split(" ");
      const internal = await canary();
      const source = {
        type,
        url: `${scheme}://127.0.0.1:${internal.port}${scheme === "srt" || scheme === "rtp" ? "" : "/live/a"}`,
      } as Parameters<typeof bench.start>[0];
      await expectRefused(bench.start(source, { access }), internal);
    },
  );
});
