import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OnAir } from "../../src/sessions/session.rules.ts";
import { createMediaLocator, isOpenTo, proxyMedia } from "../../src/origin/remote.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { allAre, createWorld, waitUntil, type World } from "../encoder/world.ts";

let test: TestDatabase;
let world: World;
const servers: Server[] = [];
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterEach(() => servers.splice(0).forEach((server) => server.close()));
afterAll(async () => {
  await world.close();
  await test.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("createMediaLocator", () => {
  it("finds the encoder that holds the session, and follows it to another within 2 s", async () => {
    const ids = await world.createSessions(1);
    const [{ path_token: token } = { path_token: "" }] = await test.database.executor.execute<{ path_token: string }>(
      sql`select path_token from playbacks where session_id = ${ids[0]}`,
    );
    const locate = createMediaLocator(test.database.executor);
    expect(await locate(token)).toBeNull();
    const first = await world.startAgent({ mediaAddress: "http://127.0.0.1:1" });
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    expect(await waitUntil(() => locate(token), (found) => found !== null)).toEqual({ encoderId: first.encoderId(), mediaAddress: "http://127.0.0.1:1", sessionId: ids[0], onAir: null, isGated: false }); // prettier-ignore
    const second = await world.startAgent({ mediaAddress: "http://127.0.0.1:2" });
    await first.close();
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await waitUntil(
      () => locate(token),
      (found) => found?.encoderId === second.encoderId(),
      2000,
    );
  });

  it("asks nothing about what cannot be a path token", async () => {
    expect(await createMediaLocator(test.database.executor)("../../etc/passwd")).toBeNull();
  });
});

describe("isOpenTo", () => {
  const location = (onAir: OnAir | null, isGated = false) => ({ encoderId: "e", mediaAddress: null, sessionId: "s", onAir, isGated });
  it.each<[string, ReturnType<typeof location>, readonly [boolean, boolean, boolean]]>([
    ["of a session of its own", location(null), [true, true, true]],
    ["of an event that is not on air", location("OFF"), [false, false, false]],
    ["of a test", location("TEST"), [false, false, true]],
    ["of an event that is live", location("LIVE"), [true, true, true]],
    ["of a test with an access code", location("TEST", true), [false, false, true]],
    ["of an event that is live with an access code", location("LIVE", true), [false, true, true]],
  ])("an output %s", (_what, where, [plain, watch, preview]) => {
    expect([isOpenTo(where, null), isOpenTo(where, "WATCH"), isOpenTo(where, "PREVIEW")]).toEqual([plain, watch, preview]);
  });
});

describe("proxyMedia", () => {
  it("streams status, type, range and body, and keeps credentials to itself", async () => {
    let seen: Record<string, unknown> = {};
    const encoder = await serve((request, response) => {
      seen = { url: request.url, ...request.headers };
      response.writeHead(206, { "content-type": "video/mp2t", "cache-control": "max-age=1", "content-length": "5" }).end("media");
    });
    const gateway = await serve(
      (request, response) => void proxyMedia(request, response, { mediaAddress: encoder, path: request.url ?? "" }),
    );
    const answer = await fetch(`${gateway}/live/token/a.ts?x=1`, {
      headers: { range: "bytes=0-4", authorization: "Bearer secret", cookie: "a=b" },
    });
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("content-length"), await answer.text()]).toEqual([206, "video/mp2t", "5", "media"]); // prettier-ignore
    expect(seen).toMatchObject({ url: "/live/token/a.ts?x=1", range: "bytes=0-4" });
    expect(seen).not.toHaveProperty("authorization");
    expect(seen).not.toHaveProperty("cookie");
  });

  it("answers 502 when the encoder is gone, 405 to a write, and cuts off what the encoder cut off", async () => {
    const gone = await serve(
      (request, response) => void proxyMedia(request, response, { mediaAddress: "http://127.0.0.1:1", path: "/live" }),
    );
    expect((await fetch(gone)).status).toBe(502);
    expect((await fetch(gone, { method: "POST" })).status).toBe(405);
    const dying = await serve((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.destroy());
    });
    const gateway = await serve((request, response) => void proxyMedia(request, response, { mediaAddress: dying, path: "/live" }));
    await expect(fetch(gateway).then((answer) => answer.text())).rejects.toThrow();
  });
});
