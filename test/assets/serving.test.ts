import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signAssetPath } from "../../src/assets/asset-url.rules.ts";
import { contentDisposition } from "../../src/assets/asset-path.rules.ts";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { claimEncoderIdentity, type EncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { waitUntil } from "../encoder/world.ts";
import { AssetsDocument, DeleteAssetsDocument, RemoveProcessesDocument, ShareAssetDocument } from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openAssetWorld, RECORDING, type AssetWorld, type StartedSession, type TellingAgent } from "./asset-world.ts";

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), "headend assets -"));
const assetRoot = join(root, "assets");
const mediaRoot = join(root, "media");
const statements: string[] = [];

let identity: EncoderIdentity;
let holder: TestServer;
let server: TestServer;
let assets: AssetWorld;
let agent: TellingAgent;
let session: StartedSession;

/** One gateway has the encoder of its own process, another one asks it. */
beforeAll(async () => {
  identity = await claimEncoderIdentity(root);
  const own = { assetRoot, mediaRoot, currentId: () => identity.encoderId };
  holder = await startTestServer({ assets: { own }, onStatement: (statement) => statements.push(statement) });
  server = await startTestServer({ share: holder });
  assets = await openAssetWorld(holder);
  agent = await assets.startAgent({ identity, mediaAddress: holder.url });
  session = await assets.startSession(agent.runner, [RECORDING, { kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, sync: true }]);
});
afterAll(async () => {
  await assets.close();
  await server.stop();
  await holder.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Writes files of an asset as its encoder does, and tells of it. */
async function makeAsset(
  rest: Partial<AssetReport> = {},
  files: Readonly<Record<string, string | Buffer>> = { "recording.mp4": BYTES },
): Promise<AssetReport> {
  const report = session.report(rest);
  const directory = join(assetRoot, report.id);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, ".asset.json"), "{}");
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  await agent.tell(report);
  return report;
}

const BYTES = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));

const assetOf = async (id: string) => (await holder.graphql(AssetsDocument, {})).assets.nodes.find((each) => each.id === id)!;

async function urlOf(id: string): Promise<string> {
  return (await assetOf(id)).url!;
}

/** The same address at one of the two gateways: the public one is nowhere in this test. */
const at = (gateway: TestServer, url: string) => url.replace("http://127.0.0.1:4000", gateway.url);
const both = () => [["the gateway that has it", holder] as const, ["a gateway that asks the other", server] as const];

async function shareUrlOf(input: { readonly id: string; readonly isShared: boolean; readonly expiresAt?: string }): Promise<string> {
  const { shareAsset } = await holder.graphql(ShareAssetDocument, { input });
  expect(shareAsset.userErrors).toEqual([]);
  return shareAsset.asset!.shareUrl ?? "";
}

describe("a signed address", () => {
  it("opens the file, whole and in parts, to players of any site, and runs nothing", async () => {
    const { id } = await makeAsset();
    const url = await urlOf(id);
    for (const [, gateway] of both()) {
      const whole = await fetch(at(gateway, url), { headers: { origin: "https://player.example" } });
      expect(whole.status).toBe(200);
      expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        ...{ "content-type": "video/mp4", "content-length": "10000", "accept-ranges": "bytes", "access-control-allow-origin": "*" },
        ...{ "x-content-type-options": "nosniff", "content-disposition": "inline", "cache-control": "public, max-age=3600, immutable" },
        "content-security-policy": "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox",
      });
      const etag = whole.headers.get("etag")!;
      const ask = (headers: Record<string, string>, method = "GET") => fetch(at(gateway, url), { method, headers });
      const part = await ask({ range: "bytes=100-199" });
      expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 100-199/10000"]);
      expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(100, 200))).toBe(true);
      expect((await ask({ range: "bytes=9990-" })).headers.get("content-length")).toBe("10");
      expect((await ask({ range: "bytes=10000-" })).status).toBe(416);
      expect((await ask({ range: "bytes=0-9", "if-range": '"other"' })).status).toBe(200);
      expect((await ask({ range: "bytes=0-9", "if-range": etag })).status).toBe(206);
      expect((await ask({ "if-none-match": etag })).status).toBe(304);
      const head = await ask({}, "HEAD");
      expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10000", ""]);
      expect((await ask({}, "POST")).status).toBe(405);
      const preflight = await ask({ origin: "https://player.example", "access-control-request-headers": "range" }, "OPTIONS");
      expect([preflight.status, preflight.headers.get("access-control-allow-headers")?.includes("range")]).toEqual([204, true]);
      const { sessionName } = (await holder.graphql(AssetsDocument, {})).assets.nodes[0]!.run;
      const saved = (await fetch(`${at(gateway, url)}?download`)).headers.get("content-disposition");
      expect(saved).toMatch(
        new RegExp(`^attachment; filename="${sessionName} \\d{4}-\\d\\d-\\d\\d \\d\\d-\\d\\d 720p.mp4"; filename\\*=UTF-8''`),
      );
    }
  });

  it("opens nothing else, and nothing once it has ended", async () => {
    const [one, other] = [await makeAsset(), await makeAsset()];
    const { vault } = holder.context;
    const path = new URL(await urlOf(one.id)).pathname;
    const [, , , signed = ""] = path.split("/");
    const ended = signAssetPath(vault, {
      id: one.id,
      fileName: "recording.mp4",
      expiresAt: new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000),
    });
    writeFileSync(join(root, "outside.mp4"), "outside");
    symlinkSync(join(root, "outside.mp4"), join(assetRoot, one.id, "link.mp4"));
    const cases: readonly (readonly [path: string, status: number])[] = [
      [`/assets/${other.id}/${signed}/recording.mp4`, 404],
      [`/assets/${one.id}/${signed.replace(/^\d+/, (hour) => String(Number(hour) + 1))}/recording.mp4`, 404],
      [`/assets/${one.id}/${signed.slice(0, -1)}${signed.endsWith("A") ? "B" : "A"}/recording.mp4`, 404],
      [`/assets/${one.id}/0${signed}/recording.mp4`, 404],
      [`/assets/${one.id}/recording.mp4`, 404],
      [`/assets/${one.id}/${signed}/.asset.json`, 404],
      [`/assets/${one.id}/${signed}/missing.mp4`, 404],
      [`/assets/${one.id}/${signed}/link.mp4`, 404],
      [`/assets/${one.id}/${signed}/..%2foutside.mp4`, 404],
      [`/assets/${one.id}/${signed}/recording.mp4/`, 404],
      [ended, 410],
      [path, 200],
    ];
    for (const [, gateway] of both()) {
      for (const [each, status] of cases) expect([each, (await fetch(`${gateway.url}${each}`)).status]).toEqual([each, status]);
    }
    expect((await fetch(`${holder.url}${path}`, { headers: { "x-headend-forwarded": "1" } })).status).toBe(200);
  });

  it("of what is still being made opens a replay alone, whose playlist is asked for anew each time", async () => {
    const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns000001.m4s\n";
    const replay = await makeAsset(
      { kind: "REPLAY", status: "IN_PROGRESS", fileName: "index.m3u8" },
      { "index.m3u8": playlist, "s000001.m4s": BYTES },
    );
    const url = await urlOf(replay.id);
    for (const [, gateway] of both()) {
      const answer = await fetch(at(gateway, url));
      expect([await answer.text(), answer.headers.get("cache-control")]).toEqual([playlist, "no-cache, no-store, must-revalidate"]);
      const segment = await fetch(new URL("s000001.m4s", at(gateway, url)));
      expect([segment.status, segment.headers.get("cache-control")]).toEqual([200, "public, max-age=3600, immutable"]);
    }
    const recording = await makeAsset({ status: "IN_PROGRESS" });
    const early = signAssetPath(holder.context.vault, {
      id: recording.id,
      fileName: "recording.mp4",
      expiresAt: new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000),
    });
    expect((await fetch(`${holder.url}${early}`)).status).toBe(404);
    await agent.tell({ ...recording, status: "READY" });
    await waitUntil(
      async () => (await fetch(`${holder.url}${early}`)).status,
      (status) => status === 200,
    );
  });

  it("saves the captions of a recording as subtitles, beside it and by its share, until it is deleted", async () => {
    const subtitles = "1\n00:00:01,000 --> 00:00:02,000\nGood morning\n\n";
    const files = { "recording.mp4": BYTES, "captions.srt": subtitles };
    const { id } = await makeAsset({ captionsFileName: "captions.srt" }, files);
    const { captionsUrl, url } = await assetOf(id);
    expect(captionsUrl).toBe(url!.replace("recording.mp4", "captions.srt"));
    const shareUrl = await shareUrlOf({ id, isShared: true });
    for (const [, gateway] of both()) {
      for (const address of [captionsUrl!, `${shareUrl}/captions.srt`]) {
        const answer = await fetch(at(gateway, address));
        expect([await answer.text(), answer.headers.get("content-type")]).toEqual([subtitles, "application/x-subrip"]);
        expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename=".* 720p\.srt"; /);
      }
    }
    expect((await assetOf((await makeAsset()).id)).captionsUrl).toBeNull();
    await holder.graphql(DeleteAssetsDocument, { input: { ids: [id] } });
    for (const [, gateway] of both())
      await waitUntil(
        async () => (await fetch(at(gateway, captionsUrl!))).status,
        (status) => status === 404,
      );
  });

  it("of a deleted asset answers no more, a second later at the latest", async () => {
    const { id } = await makeAsset();
    const url = await urlOf(id);
    for (const [, gateway] of both()) expect((await fetch(at(gateway, url))).status).toBe(200);
    await holder.graphql(DeleteAssetsDocument, { input: { ids: [id] } });
    const deletedAt = performance.now();
    for (const [, gateway] of both())
      await waitUntil(
        async () => (await fetch(at(gateway, url))).status,
        (status) => status === 404,
      );
    expect(performance.now() - deletedAt).toBeLessThan(3_000);
  });
});

describe("a replay", () => {
  it("plays from its start to its end by its signed address and by its share, its segments signed with it", async () => {
    const report = session.report({ kind: "REPLAY", fileName: "index.m3u8", contentType: "application/vnd.apple.mpegurl" });
    const directory = join(assetRoot, report.id);
    mkdirSync(directory, { recursive: true });
    await run(
      "ffmpeg",
      [
        ...["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6"],
        ...["-f", "lavfi", "-i", "sine=frequency=440:duration=6", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac"],
        ...["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"],
        ...["-hls_fmp4_init_filename", "i1.mp4", "-hls_segment_filename", "s%06d.m4s", "index.m3u8"],
      ],
      { cwd: directory },
    );
    await agent.tell(report);
    const share = await shareUrlOf({ id: report.id, isShared: true });
    const signed = await urlOf(report.id);
    for (const [, gateway] of both()) {
      for (const url of [at(gateway, signed), at(gateway, share)]) {
        const { stdout } = await run("ffprobe", [
          ...["-v", "error", "-count_packets", "-show_entries", "format=duration:stream=codec_type,nb_read_packets", "-of", "json", url],
        ]);
        const { format, streams } = JSON.parse(stdout) as Loose;
        expect(Number((format as Loose)["duration"])).toBeCloseTo(6, 0);
        expect((streams as Loose[]).find((each) => each["codec_type"] === "video")!["nb_read_packets"]).toBe("150");
      }
    }
    const redirected = await fetch(at(holder, share), { redirect: "manual" });
    expect([redirected.status, redirected.headers.get("location")]).toEqual([302, `${new URL(share).pathname}/index.m3u8`]);
  });
});

describe("a share", () => {
  it("opens without credentials, and no more once it is withdrawn", async () => {
    const { id } = await makeAsset();
    const share = await shareUrlOf({ id, isShared: true });
    for (const [, gateway] of both()) {
      const answer = await fetch(at(gateway, share), { headers: { range: "bytes=0-99" } });
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([206, "private, no-cache"]);
      expect(Buffer.from(await answer.arrayBuffer()).equals(BYTES.subarray(0, 100))).toBe(true);
      expect((await fetch(`${at(gateway, share)}/recording.mp4?download`)).headers.get("content-disposition")).toMatch(/^attachment/);
      expect((await fetch(`${at(gateway, share)}/missing.mp4`)).status).toBe(404);
      expect((await fetch(`${gateway.url}/share/${"0".repeat(26)}`)).status).toBe(404);
    }
    await shareUrlOf({ id, isShared: false });
    const withdrawnAt = performance.now();
    for (const [, gateway] of both())
      await waitUntil(
        async () => (await fetch(at(gateway, share))).status,
        (status) => status === 404,
      );
    expect(performance.now() - withdrawnAt).toBeLessThan(3_000);
  });

  it("ends when it was told to, and with its asset", async () => {
    const { id } = await makeAsset();
    const share = await shareUrlOf({ id, isShared: true, expiresAt: new Date(Date.now() + 2_000).toISOString() });
    expect((await fetch(at(holder, share))).status).toBe(200);
    await waitUntil(
      async () => (await fetch(at(holder, share))).status,
      (status) => status === 404,
    );
    const again = await shareUrlOf({ id, isShared: true });
    expect(again).toBe(share);
    await waitUntil(
      async () => (await fetch(at(holder, share))).status,
      (status) => status === 200,
    );
    await holder.graphql(DeleteAssetsDocument, { input: { ids: [id] } });
    await waitUntil(
      async () => (await fetch(at(holder, share))).status,
      (status) => status === 404,
    );
  });
});

describe("the address of a thumbnail", () => {
  const thumbnail = () => session.processes.find(({ kind }) => kind === "THUMBNAIL")!;
  const directory = () =>
    join(mediaRoot, "stills", agent.runner.launches.at(-1)!.processes.find(({ kind }) => kind === "THUMBNAIL")!.pathToken);

  /** Writes a picture as the encoder does, and tells of it. */
  async function write(content: string): Promise<string> {
    mkdirSync(directory(), { recursive: true });
    const path = join(directory(), "thumbnail.jpg");
    writeFileSync(`${path}.tmp`, content);
    renameSync(`${path}.tmp`, path);
    const { mtime } = statSync(path);
    const contentVersion = mtime.getTime().toString(36);
    const told = { processId: thumbnail().id, isActive: true, health: "OK" as const, reason: null };
    agent.runner.observe(session.sessionId, {
      processes: [{ ...told, contentVersion, contentType: "image/jpeg", contentAt: mtime.toISOString() }],
    });
    await waitUntil(
      async () =>
        (
          (await holder.graphql(`query ($id: ID!) { node(id: $id) { ... on Process { contentVersion } } }`, { id: thumbnail().id }))[
            "node"
          ] as Loose
        )["contentVersion"] as string,
      (version) => version === contentVersion,
    );
    return contentVersion;
  }

  it("has the latest content, to be kept for good under its version and for a moment without", async () => {
    expect((await fetch(at(holder, thumbnail().url!))).status).toBe(404);
    const first = await write("one");
    for (const [, gateway] of both()) {
      const url = at(gateway, thumbnail().url!);
      const latest = await waitUntil(
        () => fetch(url),
        ({ status }) => status === 200,
      );
      expect([await latest.text(), latest.headers.get("cache-control")]).toEqual(["one", "public, max-age=5"]);
      expect(latest.headers.get("content-type")).toBe("image/jpeg");
      const version = await fetch(`${url}?v=${first}`);
      expect(version.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
    const second = await write("two");
    for (const [, gateway] of both()) {
      const url = at(gateway, thumbnail().url!);
      const [old, fresh] = [await fetch(`${url}?v=${first}`), await fetch(`${url}?v=${second}`)];
      expect([await old.text(), old.headers.get("cache-control")]).toEqual(["two", "public, max-age=5"]);
      expect([await fresh.text(), fresh.headers.get("cache-control")]).toEqual(["two", "public, max-age=31536000, immutable"]);
      expect((await fetch(url.replace("thumbnail.jpg", "motion-clip.mp4"))).status).toBe(404);
      expect((await fetch(url.replace(/stills\/\w+/, `stills/${"0".repeat(26)}`))).status).toBe(404);
      // The directory's name opens nothing to a player.
      expect((await fetch(url.replace(/stills\/\w+/, `stills/${directory().split("/").at(-1)}`))).status).toBe(404);
    }
  });

  it("costs no database read under load", async () => {
    await write("three");
    const url = at(holder, thumbnail().url!);
    await waitUntil(
      () => fetch(url),
      ({ status }) => status === 200,
    );
    const unknown = url.replace(/stills\/\w+/, `stills/${"1".repeat(26)}`);
    await fetch(unknown);
    const before = statements.filter((statement) => /path_token/.test(statement)).length;
    const startedAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => fetch(index % 2 === 0 ? url : unknown).then(({ status }) => status)),
    );
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    expect(answers.filter((status) => status === 200)).toHaveLength(250);
    const after = statements.filter((statement) => /path_token/.test(statement)).length;
    // Once in ten seconds for what is there, once a second for what is not, however many ask.
    expect(after - before).toBeLessThanOrEqual(1 + seconds);
  });

  it("is withdrawn by another one, and by removing the process", async () => {
    await write("four");
    const old = thumbnail().url!;
    for (const [, gateway] of both())
      await waitUntil(
        () => fetch(at(gateway, old)),
        ({ status }) => status === 200,
      );
    const { rotateSecret } = await holder.graphql(
      `mutation ($id: ID!) { rotateSecret(input: { id: $id }) { value userErrors { code } } }`,
      { id: thumbnail().id },
    );
    const { url } = (await holder.graphql(`query ($id: ID!) { node(id: $id) { ... on Process { url } } }`, { id: thumbnail().id }))[
      "node"
    ] as Loose;
    expect(rotateSecret).toEqual({ value: expect.stringMatching(/^[0-9a-z]{26}$/) as unknown, userErrors: [] });
    expect(url).toBe(old.replace(/stills\/\w+/, `stills/${(rotateSecret as Loose)["value"]}`));
    for (const [, gateway] of both()) {
      await waitUntil(
        () => fetch(at(gateway, old)),
        ({ status }) => status === 404,
      );
      expect(await (await fetch(at(gateway, url as string))).text()).toBe("four");
    }
    await holder.graphql(RemoveProcessesDocument, { input: { ids: [thumbnail().id] } });
    for (const [, gateway] of both())
      await waitUntil(
        () => fetch(at(gateway, url as string)),
        ({ status }) => status === 404,
      );
  });
});

describe("the name of a saved file", () => {
  it.each([
    ["News", "News 2026-01-31 12-30 720p.mp4", "News%202026-01-31%2012-30%20720p.mp4"],
    ['A "B"/C\\D', "A _B_C_D 2026-01-31 12-30 720p.mp4", "A%20_B_C_D%202026-01-31%2012-30%20720p.mp4"],
    ["Søndag (1)", "S_ndag (1) 2026-01-31 12-30 720p.mp4", "S%C3%B8ndag%20%281%29%202026-01-31%2012-30%20720p.mp4"],
    ["a\r\nset-cookie: b", "a_set-cookie_ b 2026-01-31 12-30 720p.mp4", "a_set-cookie_%20b%202026-01-31%2012-30%20720p.mp4"],
  ])("of %j is plain for old browsers and whole for others", (sessionName, plain, encoded) => {
    const asset = { name: null, sessionName, sessionDate: "2026-01-31T12:30:59.000Z", renditionName: "720p" };
    expect(contentDisposition(asset, "recording.mp4")).toBe(`attachment; filename="${plain}"; filename*=UTF-8''${encoded}`);
  });
});
