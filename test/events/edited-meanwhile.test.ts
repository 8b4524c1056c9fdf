import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { keepEvents } from "../../src/events/event-keeper.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { eventually } from "../support/media.ts";

let server: TestServer;
let templateId: string;
let eventId: string;
let sessionId: string;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

beforeEach(async () => {
  const { createTemplate } = await server.graphql(
    `mutation ($name: String!) { createTemplate(input: { name: $name, renditions: [{ name: "360p", videoCodec: H264, width: 640, height: 360,
      videoBitrateKbps: 800, frameRate: 25, audioCodec: AAC, audioBitrateKbps: 96 }] }) { template { id } } }`,
    { name: `Ladder ${Math.random()}` },
  );
  templateId = createTemplate.template.id;
  const { createEvent } = await server.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id languages { session { id } } } } }`,
    { input: { title: "Show", recordingEnabled: true, languages: [{ code: "de", label: "Deutsch", templateId }] } },
  );
  eventId = createEvent.event.id;
  sessionId = createEvent.event.languages[0].session.id;
});

const pendingOf = async () => {
  const { session } = await server.graphql(`query ($id: ID!) { session(id: $id) { pendingChanges { before after } } }`, { id: sessionId });
  const { sessions } = await server.graphql(`{ sessions(filter: { hasPendingChanges: true }) { nodes { id } } }`);
  const [logged] = await server.database.executor.execute<{ after: boolean }>(sql`
    select (after ->> 'hasPendingChanges')::boolean as after from changes where object_id = ${sessionId} order by id desc limit 1`);
  return {
    shown: session.pendingChanges.length,
    listed: sessions.nodes.some(({ id }: { id: string }) => id === sessionId),
    logged: logged?.after,
  };
};

it("has nothing that waits for a restart once it is live, since it takes up the recording that was wanted", async () => {
  const sample = JSON.stringify({ isConnected: true, lastSeenAt: new Date().toISOString(), errorPercent: null, bitrateKbps: 900 });
  await server.database.executor.execute(sql`
    with holder as (update sessions set encoder_id = 'encoder_test' where id = ${sessionId})
    insert into session_telemetry (session_id, encoder_id, at, path_a, path_b, generation)
    select id, 'encoder_test', now() + interval '1 minute', ${sample}::text::jsonb, null, generation from sessions where id = ${sessionId}`);
  const { goLive } = await server.graphql(`mutation ($id: ID!) { goLive(input: { id: $id }) { event { status } userErrors { code } } }`, {
    id: eventId,
  });
  expect(goLive).toEqual({ event: { status: "LIVE" }, userErrors: [] });
  expect(await pendingOf()).toEqual({ shown: 0, listed: false, logged: false });
});

it("begins anew with what its template is by then, and not with what somebody is just changing", async () => {
  const { executor } = server.database;
  await executor.execute(
    sql`update sessions set status = 'FAILED', encoder_id = null, status_changed_at = now() - interval '1 minute' where id = ${sessionId}`,
  );
  const keeping: Promise<void>[] = [];
  await server.database.transaction("edit", async (transaction) => {
    await transaction.execute(sql`update templates set version = version + 1 where id = ${templateId}`);
    keeping.push(keepEvents(server.context));
    await eventually("it waits for who edits, or has begun", async () => {
      const [row] = await executor.execute<{ found: boolean }>(sql`
        select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
          or exists (select from sessions where id = ${sessionId} and status = 'STARTING') as found`);
      return row?.found;
    });
  });
  await Promise.all(keeping);
  const [row] = await executor.execute<{ started: number; version: number; status: string }>(sql`
    select p.started_template_version as started, t.version, s.status
    from sessions s join playbacks p on p.session_id = s.id join templates t on t.id = p.template_id where s.id = ${sessionId}`);
  expect(row).toEqual({ started: 2, version: 2, status: "STARTING" });
});
