import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { newApiKey } from "../../src/access/api-key.rules.ts";
import { AccessLevel } from "../../src/access/level.rules.ts";
import type { CallLimitSettings } from "../../src/limits/call-limits.ts";
import { createGraphqlClient, type Loose } from "../support/clients.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";

let server: TestServer;
let now = Date.now();
const clock = { now: () => new Date(now) };
const statements: string[] = [];
beforeAll(async () => {
  server = await startTestServer({ clock, onStatement: (statement) => statements.push(statement) });
});
afterAll(() => server.stop());

/** Another gateway of the same installation, with limits of its own. */
async function gateway(limits: Partial<CallLimitSettings>, options: TestServerOptions = {}): Promise<TestServer> {
  const started = await startTestServer({ ...options, share: server, clock, limits });
  onTestFinished(() => started.stop());
  return started;
}

const POINTS = { pointsPerMinute: 600, burst: 1_000 };
const header = (answer: { readonly headers: Headers }, name: string) => answer.headers.get(name);

describe("cost points", () => {
  it("are spent by what is asked for, told in headers and in the schema, and come back", async () => {
    const limited = await gateway({ points: POINTS });
    const first = await limited.ask("{ rateLimit { limit remaining resetAt cost } sessions(first: 99) { totalCount nodes { id } } }");
    expect(first.data?.["rateLimit"]).toEqual({ limit: 1_000, remaining: 899, resetAt: new Date(now + 10_100).toISOString(), cost: 101 });
    expect([header(first, "ratelimit-policy"), header(first, "ratelimit")]).toEqual([`"points";q=1000;w=100`, `"points";r=899;t=11`]);
    const second = await limited.ask("{ changeCursor }");
    expect(header(second, "ratelimit")).toBe(`"points";r=898;t=11`);
    now += 5_000;
    expect(header(await limited.ask("{ changeCursor }"), "ratelimit")).toBe(`"points";r=947;t=6`);
  });

  it("that are gone end in RATE_LIMITED with the time to come back, and the same call then passes", async () => {
    const limited = await gateway({ points: POINTS });
    const query = "{ sessions(first: 100) { nodes { id name } } }";
    const answers = [];
    for (let index = 0; index < 10; index += 1) answers.push(await limited.ask(query));
    const refused = answers.at(-1)!;
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 9 }, () => 200), 429]);
    expect(refused.errors.map(({ message, extensions }) => [message, extensions.code])).toEqual([
      [expect.stringContaining("This costs 101 points"), "RATE_LIMITED"],
    ]);
    expect([header(refused, "retry-after"), header(refused, "ratelimit")]).toEqual(["2", `"points";r=90;t=91`]);
    now += 2_000;
    expect((await limited.ask(query)).status).toBe(200);
  });

  it("are of one caller alone, and of one gateway", async () => {
    const limited = await gateway({ points: POINTS });
    const viewer = await limited.callerOfLevel(AccessLevel.VIEWER);
    for (let index = 0; index < 10; index += 1) await viewer.ask("{ sessions(first: 100) { nodes { id } } }");
    expect((await viewer.ask("{ sessions(first: 100) { nodes { id } } }")).status).toBe(429);
    expect(header(await limited.ask("{ changeCursor }"), "ratelimit")).toBe(`"points";r=999;t=1`);
  });

  it("are spent by documents that are refused as well", async () => {
    const limited = await gateway({ points: { pointsPerMinute: 60, burst: 20 } });
    const codes = [];
    for (let index = 0; index < 25; index += 1) codes.push((await limited.ask("{ nothing }")).errors[0]?.extensions.code);
    expect(codes).toEqual([
      ...Array.from({ length: 20 }, () => "GRAPHQL_VALIDATION_FAILED"),
      ...Array.from({ length: 5 }, () => "RATE_LIMITED"),
    ]);
  });

  it("are spent by a subscription when it begins, and by an export", async () => {
    const limited = await gateway({ points: { pointsPerMinute: 60, burst: 1_100 } });
    const subscription = limited.subscribe("subscription { sessionChanges(snapshot: true) { kind } }");
    await subscription.next();
    expect(header(await limited.ask("{ changeCursor }"), "ratelimit")).toBe(`"points";r=1048;t=52`);
    const get = () => fetch(`${limited.url}/exports/sessions.csv`, { headers: { authorization: `Bearer ${limited.key}` } });
    const [first, second] = [await get(), await get()];
    expect([first.status, header(first, "ratelimit"), second.status, header(second, "retry-after")]).toEqual([
      200,
      `"points";r=47;t=1053`,
      429,
      "955",
    ]);
    await expect(limited.subscribe("subscription { sessionChanges { kind } }").next()).rejects.toThrow("RATE_LIMITED");
  });

  it("are not counted where that is off", async () => {
    const unlimited = await gateway({ points: null });
    const answer = await unlimited.ask("{ rateLimit { limit } }");
    expect([answer.data, header(answer, "ratelimit")]).toEqual([{ rateLimit: null }, null]);
  });

  it("are by default more than a busy wall ever spends", async () => {
    const wall = "{ sessions(first: 100) { totalCount nodes { id name status playbacks { id hlsUrl template { id name } } } } }";
    const answer = await server.ask(`{ rateLimit { limit cost } ${wall.slice(1, -1)} }`);
    const { limit, cost } = answer.data!["rateLimit"];
    expect(cost).toBeGreaterThan(100);
    // Ten walls that ask every five seconds.
    expect(limit / cost).toBeGreaterThan(10 * 12);
  });
});

describe("wrong credentials", () => {
  it("are looked up no more once an address sent too many, while those who are known go on", async () => {
    const limited = await gateway(
      { guesses: { pointsPerMinute: 60, burst: 5 } },
      { onStatement: (statement) => statements.push(statement) },
    );
    expect((await limited.ask("{ changeCursor }")).status).toBe(200);
    statements.length = 0;
    const guess = async (): Promise<Response> =>
      fetch(`${limited.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${newApiKey()}` },
        body: '{"query":"{ changeCursor }"}',
      });
    const answers = [];
    for (let index = 0; index < 20; index += 1) answers.push(await guess());
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, ...Array.from({ length: 15 }, () => 429)]);
    expect(header(answers.at(-1)!, "retry-after")).toBe("1");
    expect(statements.filter((statement) => statement.includes("api_keys"))).toHaveLength(5);
    expect((await limited.ask("{ changeCursor }")).status).toBe(200);
    const socket = createClient({
      url: `${limited.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${newApiKey()}` },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => undefined,
    });
    const code = await new Promise<number>((resolve) => void socket.on("closed", (event) => resolve((event as { code: number }).code)));
    expect(code).toBe(1013);
  });
});

describe("connections and subscriptions", () => {
  /** Opens a socket as a stock client does; the code that it was closed with when it was not acknowledged. */
  async function open(url: string, key: string): Promise<{ readonly code: number | null; readonly close: () => void }> {
    const client = createClient({
      url: `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => undefined,
    });
    onTestFinished(() => void client.dispose());
    const code = await new Promise<number | null>((resolve) => {
      client.on("connected", () => resolve(null));
      client.on("closed", (event) => resolve((event as { code: number }).code));
    });
    return { code, close: () => void client.dispose() };
  }

  it("of one credential are so many, and another one's when one has gone", async () => {
    const limited = await gateway({ connectionsPerCaller: 2 });
    const viewer = await limited.callerOfLevel(AccessLevel.VIEWER);
    const sockets = [await open(limited.url, limited.key), await open(limited.url, limited.key), await open(limited.url, limited.key)];
    expect(sockets.map(({ code }) => code)).toEqual([null, null, 1013]);
    expect((await open(limited.url, viewer.key)).code).toBeNull();
    sockets[0]!.close();
    await expect.poll(async () => (await open(limited.url, limited.key)).code).toBeNull();
  });

  it("from one address are so many, whether or not they ever say who they are", async () => {
    const limited = await gateway({ connectionsPerAddress: 2 });
    const knock = () =>
      new Promise<WebSocket | number>((resolve) => {
        const socket = new WebSocket(`${limited.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
        onTestFinished(() => socket.terminate());
        socket.once("open", () => resolve(socket));
        socket.once("unexpected-response", (_, { statusCode }) => resolve(statusCode ?? 0));
        socket.once("error", () => resolve(0));
      });
    const [first, second, third] = [await knock(), await knock(), await knock()];
    expect([first instanceof WebSocket, second instanceof WebSocket, third]).toEqual([true, true, 429]);
    (first as WebSocket).terminate();
    await expect.poll(async () => (await knock()) instanceof WebSocket).toBe(true);
  });

  it("carry so many subscriptions together, and another one when one has ended, however it did", async () => {
    const limited = await gateway({ subscriptionsPerCaller: 2 });
    const QUIET = 'subscription { sessionChanges(snapshot: true, filter: { names: ["nobody"] }) { kind } }';
    const [first, second] = [limited.subscribe(QUIET), limited.subscribe(QUIET)];
    await Promise.all([first.next(), second.next()]);
    await expect(limited.subscribe(QUIET).next()).rejects.toThrow("RATE_LIMITED");
    first.end();
    await expect
      .poll(() =>
        limited
          .subscribe(QUIET)
          .next()
          .then(kindOf, () => null),
      )
      .toBe("SNAPSHOT_END");
    // What does not come to run holds none.
    for (let index = 0; index < 5; index += 1)
      await expect(limited.subscribe('subscription { sessionChanges(after: "x") { kind } }').next()).rejects.toThrow(
        /BAD_USER_INPUT|RATE_LIMITED/,
      );
    second.end();
    await expect
      .poll(() =>
        limited
          .subscribe(QUIET)
          .next()
          .then(kindOf, () => null),
      )
      .toBe("SNAPSHOT_END");
    // A socket that goes takes all of its own along.
    await limited.close();
    const again = createGraphqlClient(limited.url, limited.key);
    onTestFinished(() => again.close());
    for (let index = 0; index < 2; index += 1)
      await expect
        .poll(() =>
          again
            .subscribe(QUIET)
            .next()
            .then(kindOf, () => null),
        )
        .toBe("SNAPSHOT_END");
  });

  function kindOf(data: Loose): string {
    return data["sessionChanges"].kind as string;
  }
});
