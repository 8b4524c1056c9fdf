import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOrigin } from "../../src/origin/origin.ts";
import { signedUrlEnd } from "../../src/access/signed-hour.rules.ts";
import { createVault } from "../../src/access/vault.ts";
import { parseRange, readLivePath, signLivePath, type LiveGrant } from "../../src/origin/origin.rules.ts";

const root = mkdtempSync(join(tmpdir(), "headend-origin-"));
const token = "k3v9abcdefghjkmnpqrstvwxyz";
const live = join(root, "live", token);
const segment = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
let forwarded = "";
const vault = createVault(Buffer.alloc(32, 7));
const NOW = new Date("2026-11-28T10:20:30Z");
const origin = createOrigin({
  mediaRoot: root,
  signing: vault,
  clock: { now: () => NOW },
  resolve: (asked, grant) =>
    asked === "gated" && grant === null
      ? null
      : asked === "elsewhere"
        ? { baseAddress: "http://10.0.0.1" }
        : asked === "nowhere"
          ? null
          : { directory: join(root, "live", asked) },
  forward: (_, response, target) => {
    forwarded = `${target.baseAddress}${target.path}`;
    response.end();
  },
});
const server = createServer((request, response) => void origin(request, response));
let port = 0;

beforeAll(async () => {
  mkdirSync(live, { recursive: true });
  writeFileSync(join(live, "index.m3u8"), "#EXTM3U\n");
  writeFileSync(join(live, "manifest.mpd"), "<MPD/>");
  for (const name of ["v0_1.ts", "r1_0_00001.m4s", "v0_init.mp4"]) writeFileSync(join(live, name), segment);
  writeFileSync(join(live, ".generation"), "hidden");
  writeFileSync(join(live, "v0_2.ts.tmp"), "half");
  writeFileSync(join(live, "empty.ts"), "");
  writeFileSync(join(root, "secret.ts"), "secret");
  symlinkSync(join(root, "secret.ts"), join(live, "link.ts"));
  symlinkSync(live, join(root, "live", "linked"));
  mkdirSync(join(live, "folder.ts"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true, force: true });
});

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init);

/** As it is written: clients tidy paths up before they send them. */
function raw(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: "127.0.0.1", path }, (response) => {
      response.resume();
      resolve(response);
    })
      .on("error", reject)
      .end();
  });
}

describe("media over HTTP", () => {
  it.each([
    ["index.m3u8", "application/vnd.apple.mpegurl", /no-store/],
    ["manifest.mpd", "application/dash+xml", /no-store/],
    ["v0_1.ts", "video/mp2t", /immutable/],
    ["r1_0_00001.m4s", "video/iso.segment", /immutable/],
    ["v0_init.mp4", "video/mp4", /must-revalidate/],
  ])("%s has its type, may be fetched from any site, and is kept as long as it holds", async (name, type, caching) => {
    const response = await get(`/live/${token}/${name}`, { headers: { origin: "https://player.example" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toMatch(caching);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("etag")).toMatch(/^".+"$/);
    expect(Number(response.headers.get("content-length"))).toBe((await response.arrayBuffer()).byteLength);
  });

  it("answers HEAD as GET without the bytes, and preflights", async () => {
    const head = await get(`/live/${token}/v0_1.ts`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), (await head.arrayBuffer()).byteLength]).toEqual([200, "1000", 0]);
    const preflight = await get(`/live/${token}/v0_1.ts`, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await get(`/live/${token}/v0_1.ts`, { method: "POST" })).status).toBe(405);
  });

  it.each([
    ["bytes=0-9", 206, "bytes 0-9/1000", 0, 10],
    ["bytes=990-", 206, "bytes 990-999/1000", 990, 1_000],
    ["bytes=-5", 206, "bytes 995-999/1000", 995, 1_000],
    ["bytes=990-5000", 206, "bytes 990-999/1000", 990, 1_000],
    ["bytes=1000-", 416, "bytes */1000", 0, 0],
    ["bytes=5-2", 200, null, 0, 1_000],
    ["bytes=0-1,4-5", 200, null, 0, 1_000],
    ["lines=1-2", 200, null, 0, 1_000],
  ])("gives the range %s with %d", async (range, status, contentRange, from, to) => {
    const response = await get(`/live/${token}/v0_1.ts`, { headers: { range } });
    expect([response.status, response.headers.get("content-range")]).toEqual([status, contentRange]);
    expect(Buffer.from(await response.arrayBuffer()).equals(segment.subarray(from, to))).toBe(true);
  });

  it("sends nothing again that the player has", async () => {
    const etag = (await get(`/live/${token}/v0_1.ts`)).headers.get("etag") ?? "";
    expect((await get(`/live/${token}/v0_1.ts`, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await get(`/live/${token}/v0_1.ts`, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    appendFileSync(join(live, "v0_1.ts"), "");
    const stale = await get(`/live/${token}/v0_1.ts`, { headers: { "if-range": '"other"', range: "bytes=0-1" } });
    expect(stale.status).toBe(200);
  });

  it("gives an empty file as one", async () => {
    expect((await get(`/live/${token}/empty.ts`)).status).toBe(200);
  });

  it("asks where an output is, and hands on what is elsewhere", async () => {
    expect((await get("/live/elsewhere/v0_1.ts")).status).toBe(200);
    expect(forwarded).toBe("http://10.0.0.1/live/elsewhere/v0_1.ts");
    expect((await get("/live/nowhere/v0_1.ts")).status).toBe(404);
  });
});

describe("what is not ours to give", () => {
  it.each([
    ...["/live", "/live/", `/live/${token}`, `/live/${token}/`, `/live/${token}/none.ts`, "/live/unknown/index.m3u8", "/other/x.ts"],
    ...[".generation", "v0_2.ts.tmp", "link.ts", "folder.ts", "../secret.ts", "..%2fsecret.ts", "..%2Fsecret.ts", "%2e%2e/secret.ts"],
    ...[
      "....//secret.ts",
      "v0_1.ts%00",
      "%00.ts",
      "v0_1.ts/",
      "//v0_1.ts",
      "..\\secret.ts",
      "v0_1.ts/../../secret.ts",
      "%252e%252e/secret.ts",
    ],
    ...["../../live/x.ts", "index.m3u8;x", "index.html"],
  ])("is not found: %s", async (path) => {
    const response = await raw(path.startsWith("/live") || path.startsWith("/other") ? path : `/live/${token}/${path}`);
    expect(response.statusCode).toBe(404);
    expect(response.headers["access-control-allow-origin"]).toBe("*");
    expect(response.headers["cache-control"]).toBe("no-store");
  });

  it("is not found behind a linked directory", async () => {
    expect((await raw("/live/linked/index.m3u8")).statusCode).toBe(404);
  });

  it("has no path but two plain names", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const path = readLivePath(`/live/${token}/${text}`);
        if (path) expect(`${path.token}/${path.file}`).toMatch(/^[0-9A-Za-z_-]+\/[0-9A-Za-z_-]+\.[0-9a-z]+$/);
      }),
    );
  });

  it("has no range beyond the file", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => `bytes=${from}-${to}`),
        ),
        fc.nat(),
        (header, size) => {
          const range = parseRange(header, size);
          if (typeof range === "string") return;
          expect(range.first).toBeGreaterThanOrEqual(0);
          expect(range.last).toBeLessThan(size);
          expect(range.first).toBeLessThanOrEqual(range.last);
        },
      ),
    );
  });
});

it("survives players that go away in the middle, with constant memory", async () => {
  writeFileSync(join(live, "big.ts"), Buffer.alloc(64_000_000));
  const before = process.memoryUsage().rss;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET /live/${token}/big.ts HTTP/1.1\r\nHost: x\r\n\r\n`);
      await new Promise((resolve) => socket.once("data", resolve));
      socket.destroy();
    }),
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  expect((await get(`/live/${token}/index.m3u8`)).status).toBe(200);
});

describe("a signed address", () => {
  const sign = (grant: LiveGrant, { of = token, file = "index.m3u8", expiresAt = signedUrlEnd(NOW), by = vault } = {}) =>
    signLivePath(by, { grant, token: of, file, expiresAt });
  const statusOf = async (path: string) => (await get(path)).status;
  const hours = (count: number) => new Date(Math.floor(NOW.getTime() / 3_600_000 + count) * 3_600_000);

  beforeAll(() => {
    for (const name of ["gated", "tested"]) {
      mkdirSync(join(root, "live", name));
      writeFileSync(join(root, "live", name, "index.m3u8"), "#EXTM3U\nv0_1.ts\n");
      writeFileSync(join(root, "live", name, "v0_1.ts"), segment);
    }
    writeFileSync(join(root, "live", "tested", ".private"), "");
  });

  it("opens what is not open to everybody, and all that stands beside it", async () => {
    expect([await statusOf("/live/gated/index.m3u8"), await statusOf("/live/tested/index.m3u8")]).toEqual([404, 404]);
    const path = sign("WATCH", { of: "gated" });
    expect([await statusOf(path), await statusOf(path.replace("index.m3u8", "v0_1.ts"))]).toEqual([200, 200]);
    expect([await statusOf(sign("PREVIEW", { of: "tested" })), await statusOf(sign("WATCH", { of: "tested" }))]).toEqual([200, 404]);
  });

  it("is sent on as it is", async () => {
    const path = sign("WATCH", { of: "elsewhere", file: "v0_1.ts" });
    await get(path);
    expect(forwarded).toBe(`http://10.0.0.1${path}`);
  });

  it.each<[string, string]>([
    ["of another output", sign("WATCH", { of: "gated" }).replace("/gated/", `/${token}/`)],
    ["by another installation", sign("WATCH", { by: createVault(Buffer.alloc(32, 8)) })],
    ["that has ended", sign("WATCH", { expiresAt: hours(0) })],
    [
      "whose hour was put off",
      sign("WATCH", { expiresAt: hours(1) }).replace(`/${hours(1).getTime() / 3_600_000}-`, `/${hours(9).getTime() / 3_600_000}-`),
    ],
    ["with more behind it", `${sign("WATCH")}/index.m3u8`],
    ["that is empty", `/live/${token}//index.m3u8`],
    ["that is none", `/live/${token}/1-${"A".repeat(32)}/index.m3u8`],
    ["of a file that is hidden", sign("PREVIEW", { of: "tested", file: ".private" })],
  ])("%s opens nothing", async (_what, path) => {
    expect(await statusOf(path)).toBe(404);
  });

  it("is good for a day at the least, and the same for all within an hour", () => {
    expect(sign("WATCH", { expiresAt: hours(1) })).not.toBe(sign("PREVIEW", { expiresAt: hours(1) }));
    expect(signedUrlEnd(new Date("2026-11-28T10:59:59Z"))).toEqual(signedUrlEnd(NOW));
    expect(signedUrlEnd(NOW).getTime() - NOW.getTime()).toBeGreaterThan(24 * 3_600_000);
  });
});
