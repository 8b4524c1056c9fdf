import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

const statements: string[] = [];
let server: TestServer;
let caller: TestCaller;
let region = 0;
beforeAll(async () => {
  server = await startTestServer({ onStatement: (statement) => statements.push(statement) });
});
afterAll(() => server.stop());
beforeEach(async () => {
  caller = await server.otherOrganization();
  region += 1;
});

async function create(type: string, name = type, rest: object = {}): Promise<string> {
  const { createSession } = await caller.graphql(
    "mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { id } userErrors { message } } }",
    { input: { name, region: `r${region}`, source: { type, ...rest }, playbacks: [] } },
  );
  return createSession.session.id as string;
}

async function addEncoder(addresses: object, { status = "ONLINE", ageSeconds = 0 } = {}): Promise<string> {
  const id = newIdentifier("encoder");
  await server.database.executor.execute(sql`
    insert into encoders (id, name, region, status, capacity, supported_inputs, supported_outputs, supported_video_codecs,
      supported_audio_codecs, missing, version, ingest_addresses, last_seen_at)
    values (${id}, ${id}, ${`r${region}`}, ${status}, 10, '{}', '{}', '{}', '{}', '{}', '1', ${JSON.stringify(addresses)}::text::jsonb,
      now() - ${ageSeconds}::integer * interval '1 second')`);
  return id;
}

async function read(id: string): Promise<string | null> {
  const { session } = await caller.graphql("query ($id: ID!) { session(id: $id) { source { ingestUrl } } }", { id });
  return session.source.ingestUrl as string | null;
}

it("is that of an encoder of the region which takes such a push, the secret left out", async () => {
  const [rtmp, srt, pull] = [
    await create("RTMP_PUSH"),
    await create("SRT_PUSH"),
    await create("MULTICAST_PULL", "pull", { urlA: "udp://239.1.0.1:5000" }),
  ];
  expect([await read(rtmp), await read(srt), await read(pull)]).toEqual([null, null, null]);
  await addEncoder({ srt: "srt://one.example.com:9710" });
  await addEncoder({ rtmp: "rtmp://two.example.com:1935/live", rtmps: "rtmps://two.example.com:1936/live" });
  expect([await read(rtmp), await read(srt), await read(pull)]).toEqual([
    "rtmp://two.example.com:1935/live",
    "srt://one.example.com:9710",
    null,
  ]);
});

it("is the one over TLS where that is all there is", async () => {
  const id = await create("RTMP_PUSH");
  await addEncoder({ rtmps: "rtmps://one.example.com:1936/live" });
  expect(await read(id)).toBe("rtmps://one.example.com:1936/live");
});

it("stays with one encoder of several, the online ones first, then the one seen last", async () => {
  const id = await create("SRT_PUSH");
  await addEncoder({ srt: "srt://long-gone.example.com:1" }, { status: "LOST", ageSeconds: 900 });
  await addEncoder({ srt: "srt://gone.example.com:1" }, { status: "LOST", ageSeconds: 60 });
  expect(await read(id)).toBe("srt://gone.example.com:1");
  await addEncoder({ srt: "srt://first.example.com:1" });
  await addEncoder({ srt: "srt://second.example.com:1" });
  expect(await read(id)).toBe("srt://first.example.com:1");
});

it("is that of the encoder that holds the session, while one does", async () => {
  const id = await create("SRT_PUSH");
  await addEncoder({ srt: "srt://first.example.com:1" });
  const holder = await addEncoder({ srt: "srt://second.example.com:1" });
  await server.database.executor.execute(sql`update sessions set encoder_id = ${holder} where id = ${id}`);
  expect(await read(id)).toBe("srt://second.example.com:1");
  const other = await addEncoder({});
  await server.database.executor.execute(sql`update sessions set encoder_id = ${other} where id = ${id}`);
  expect(await read(id)).toBeNull();
});

it("of many sessions is read with one statement", async () => {
  await addEncoder({ srt: "srt://one.example.com:9710" });
  for (const name of ["One", "Two", "Three"]) await create("SRT_PUSH", name);
  statements.length = 0;
  const { sessions } = await caller.graphql("{ sessions { nodes { source { ingestUrl } } } }");
  expect(sessions.nodes).toEqual(Array(3).fill({ source: { ingestUrl: "srt://one.example.com:9710" } }));
  expect(statements.filter((statement) => statement.includes("encoders"))).toHaveLength(1);
});
