import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { CreateSessionDocument, SessionChangesDocument, SessionsDocument, StartSessionsDocument } from "../generated/documents.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { parseScrape, scrape } from "../support/prometheus.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const TOKEN = "a-token-of-the-scrapers";

let server: TestServer;
let statements = 0;
beforeAll(async () => {
  server = await startTestServer({
    onStatement(text) {
      if (text.includes("pg_prepared_xacts")) statements += 1;
    },
  });
});
afterAll(() => server.stop());

function createSession(name: string) {
  return server.graphql(CreateSessionDocument, { input: { name, source: { type: "RTMP_PUSH" }, playbacks: [] } });
}

/** Asks by the bare protocol, since `fetch` sets its own headers. */
function statusOf(url: string, headers: Readonly<Record<string, string>>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/metrics`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

describe("under load", () => {
  it("every scrape is well-formed, and counts what was answered", async () => {
    const before = await scrape(server.url);
    const changes = Array.from({ length: 5 }, () => server.subscribe(SessionChangesDocument, { snapshot: true }));
    await Promise.all(changes.map((each) => each.next()));
    const scrapes: Promise<unknown>[] = [];
    for (let round = 0; round < 10; round += 1) {
      const work = [
        ...Array.from({ length: 10 }, () => server.graphql(SessionsDocument, { first: 10 })),
        createSession(`Round ${round}`),
        server.ask("{ nothingLikeThis }"),
        server.graphql("query MadeUp { caller { accessLevel } }"),
      ];
      scrapes.push(scrape(server.url));
      await Promise.all(work);
    }
    await Promise.all(scrapes);
    const refused = await server
      .graphql(StartSessionsDocument, { input: { selection: { filter: {} }, ids: [] } as never })
      .catch(() => null);
    expect(refused).toBeNull();
    await createSession("Round 1");
    for (const each of changes) await each.until(({ sessionChanges }) => sessionChanges.session?.name === "Round 9");

    const after = await scrape(server.url);
    const grown = (name: string, labels: Readonly<Record<string, string>>) =>
      (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
    expect(grown("headend_operations_total", { operation: "Sessions", code: "OK" })).toBe(100);
    expect(grown("headend_operations_total", { operation: "CreateSession", code: "OK" })).toBe(11);
    expect(grown("headend_operations_total", { operation: "caller" })).toBe(10);
    expect(grown("headend_operations_total", { operation: "SessionChanges", type: "subscription", code: "OK" })).toBe(5);
    expect(grown("headend_operations_total", { operation: "unreadable", code: "GRAPHQL_VALIDATION_FAILED" })).toBe(10);
    expect(grown("headend_operation_duration_seconds_count", { operation: "Sessions" })).toBe(100);
    expect(grown("headend_errors_total", { code: "GRAPHQL_VALIDATION_FAILED" })).toBe(10);
    expect(grown("headend_errors_total", { code: "BAD_USER_INPUT" })).toBe(1);
    expect(grown("headend_user_errors_total", { code: "DUPLICATE_NAME" })).toBe(1);
    expect(after.value("headend_subscriptions", { operation: "SessionChanges" })).toBe(5);
    expect(after.value("headend_websockets")).toBe(1);
    expect(after.value("headend_sql_transaction_duration_seconds_count", { transaction: "create session" })).toBe(11);
    expect(after.value("headend_sql_statement_duration_seconds_count", { statement: "insert sessions" })).toBeGreaterThanOrEqual(10);
    expect(after.value("headend_change_log_delivery_seconds_count")).toBeGreaterThan(0);
    expect(after.value("headend_change_log_read_age_seconds")).toBeLessThan(5);
    expect(after.value("headend_bell_events_total", { event: "rung" })).toBeGreaterThan(0);
    expect(after.value("headend_sql_pool_size", { pool: "requests" })).toBe(10);

    for (const each of changes) each.end();
    await expect.poll(async () => (await scrape(server.url)).value("headend_subscriptions", { operation: "SessionChanges" })).toBe(0);
  });

  it("the database is asked for the installation's figures once in 10 s, however often it is scraped", async () => {
    await scrape(server.url);
    const before = statements;
    const all = await Promise.all(Array.from({ length: 50 }, () => scrape(server.url)));
    expect(statements - before).toBeLessThanOrEqual(1);
    expect(all.every((each) => each.value("headend_database_up") === 1)).toBe(true);
    expect(all[0]?.labelValues("headend_sessions", "status").toSorted()).toEqual([
      "FAILED",
      "RUNNING",
      "STARTING",
      "STOPPED",
      "STOPPING",
      "WAITING",
    ]);
    expect(all[0]?.value("headend_encoders", { status: "ONLINE", simulated: "true" })).toBe(0);
  });

  it("names that callers make up make no series, and nothing names a tenant or an object", async () => {
    const { createSession: made } = await createSession("Canary of the figures");
    const ask = (index: number) => server.ask(`query Made${index} { a${index}: caller { accessLevel } }`);
    await ask(0);
    await server.ask(`query Bad0 { bad0 }`);
    await fetch(`${server.url}/live/token/0.ts`);
    const before = await scrape(server.url);
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await ask(index);
        await server.ask(`query Bad${index} { bad${index} }`);
        await server.ask("query ($id: ID!) { session(id: $id) { id } }", { id: `session_${index}` });
        await fetch(`${server.url}/live/token/${index}.ts`);
        await fetch(`${server.url}/made/up/${index}`);
      }),
    );
    const after = await scrape(server.url);
    const isNew = (name: string, labels: object) =>
      !before.samples.some((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels));
    const added = after.samples.filter(
      ({ name, labels }) => name.startsWith("headend_") && !name.endsWith("_bucket") && isNew(name, labels),
    );
    expect(
      added
        .map(({ labels }) => Object.values(labels).join(" "))
        .filter((text) => /\d{2}|made|bad/i.test(text.replace(/\b(200|404|400)\b/g, ""))),
    ).toEqual([]);
    expect(added.length).toBeLessThan(20);
    const labels = JSON.stringify(after.samples.map((each) => each.labels));
    for (const secret of [server.organizationId, server.key, made.session?.id ?? "?", "Canary", "token"])
      expect(labels).not.toContain(secret);
  });
});

describe("who may scrape", () => {
  it("is this machine alone without a token: no proxy, and no page under another name", async () => {
    const host = new URL(server.url).host;
    expect(await statusOf(server.url, { host })).toBe(200);
    expect(await statusOf(server.url, { host, "x-forwarded-for": "203.0.113.9" })).toBe(403);
    expect(await statusOf(server.url, { host, forwarded: "for=203.0.113.9" })).toBe(403);
    expect(await statusOf(server.url, { host, via: "1.1 proxy" })).toBe(403);
    expect(await statusOf(server.url, { host: "rebound.example.com" })).toBe(403);
    expect(await statusOf(server.url, { host }, "POST")).toBe(405);
  });

  it("is whoever sends the token, and nobody else, where there is one", async () => {
    const guarded = await startTestServer({ share: server, metricsToken: TOKEN });
    try {
      expect(
        (await scrape(guarded.url, { authorization: `Bearer ${TOKEN}`, "x-forwarded-for": "203.0.113.9" })).samples.length,
      ).toBeGreaterThan(10);
      for (const authorization of ["", `Bearer ${TOKEN}x`, TOKEN, `Bearer ${server.key}`]) {
        const response = await fetch(`${guarded.url}/metrics`, { headers: { authorization } });
        expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
        expect(await response.text()).not.toContain("headend_");
      }
    } finally {
      await guarded.stop();
    }
  });
});

describe("while the database is away", () => {
  let postgres: OwnPostgres;
  let alone: TestServer;
  beforeAll(async () => {
    postgres = await startOwnPostgres();
    await migrateDatabase(postgres.server.address);
    alone = await startTestServer({ address: postgres.server.address });
  });
  afterAll(async () => {
    postgres.signal("SIGCONT");
    await alone.stop();
    await postgres.close();
  });

  it("a scrape is answered within 2 s, says so, and shows nothing that it does not know", async () => {
    postgres.signal("SIGSTOP");
    const startedAt = performance.now();
    await scrape(alone.url);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect.poll(async () => (await scrape(alone.url)).value("headend_database_up"), { timeout: 20_000 }).toBe(0);
    const scraped = await scrape(alone.url);
    expect(scraped.labelValues("headend_sessions", "status")).toEqual([]);
    expect(scraped.value("headend_change_log_read_age_seconds")).toBeGreaterThan(0);
    expect(scraped.value("headend_sql_errors_total", { code: "SERVICE_UNAVAILABLE" })).toBeGreaterThan(0);
  });
});

it("the check of the format refuses what is none", () => {
  const whole = "# HELP a A.\n# TYPE a counter\na 1\n";
  expect(parseScrape(whole).value("a")).toBe(1);
  for (const text of [
    "a 1\n",
    `${whole}a 1\n`,
    whole.trimEnd(),
    whole.replace("a 1", "a one"),
    `${whole}# HELP b B.\n# TYPE b histogram\nb_bucket{le="+Inf"} 2\nb_count 1\n`,
  ]) {
    expect(() => parseScrape(text)).toThrow();
  }
});
