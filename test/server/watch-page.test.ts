import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../src/shared/package.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const EMBEDDING = ["https://www.example.com", "https://intranet.example.com"];
const PAGE = "/watch/event_01m7y728ea0mm33aw9z3f5bkz0";
const FILES = ["/player/player.js", "/player/style.css", "/player/hls.worker.js"];

let server: TestServer;
let embeddable: TestServer;
beforeAll(async () => {
  if (!existsSync(join(packageRoot(), "dist/player/page.html"))) execFileSync("node", ["script/build-player.js"], { cwd: packageRoot() });
  server = await startTestServer();
  embeddable = await startTestServer({ share: server, embedOrigins: EMBEDDING });
});
afterAll(async () => {
  await embeddable.stop();
  await server.stop();
});

const policyOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries(
    (headers.get("content-security-policy") ?? "").split("; ").map((rule) => {
      const [name = "", ...values] = rule.split(" ");
      return [name, values.join(" ")];
    }),
  );

it("is served with a policy that allows nothing inline, nothing from elsewhere and no frame", async () => {
  const response = await fetch(server.url + PAGE);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(policyOf(response)).toEqual({
    ...{ "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "worker-src": "'self'" },
    // Where media and slides have their addresses, by whatever name the page was opened.
    ...{ "connect-src": "'self' http://127.0.0.1:4000", "img-src": "'self' http://127.0.0.1:4000 data:" },
    "media-src": "'self' http://127.0.0.1:4000 blob: data:",
    ...{ "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'" },
  });
  expect(await response.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
});

it("may be shown in frames of the origins that are configured, and of no other", async () => {
  const response = await fetch(embeddable.url + PAGE);
  expect(policyOf(response)["frame-ancestors"]).toBe(["'self'", ...EMBEDDING].join(" "));
});

it.each(FILES)("has its file %s, and says when it has not changed", async (path) => {
  const response = await fetch(server.url + path);
  const text = await response.text();
  expect([response.status, text.length > 1_000]).toEqual([200, true]);
  expect(response.headers.get("content-type")).toMatch(/^text\/(javascript|css); charset=utf-8$/);
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const again = await fetch(server.url + path, { headers: { "if-none-match": response.headers.get("etag") ?? "" } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect(await plainText(server.url + path)).toBe(text);
});

/** As somebody gets it who takes no compression. */
async function plainText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
  });
}

it.each([
  "/watch/",
  "/watch/session_01m7y728ea0mm33aw9z3f5bkz0",
  `${PAGE}/`,
  "/watch/%2e%2e%2fplayer.js",
  "/player/",
  "/player/page.html",
  "/player/constructor",
  "/player/..%2f..%2fpackage.json",
])("serves nothing at %s", async (path) => {
  const response = await fetch(server.url + path);
  expect([response.status, response.headers.get("cache-control")]).toEqual([404, "no-store"]);
  expect(policyOf(response)["default-src"]).toBe("'none'");
});
