import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { registerEncoder } from "../../src/encoder/encoder.store.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { createViewerCounter } from "../../src/viewers/viewer-counter.ts";
import { startViewerReports } from "../../src/viewers/viewer-reporter.ts";
import { waitUntil } from "../encoder/world.ts";
import { EventMonitorDocument, type EventMonitorSubscription } from "../generated/documents.ts";
import { silentLog } from "../changes/support.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

const ENCODER_ID = "encoder_monitor";

let server: TestServer;
let templateId: string;
beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Ladder", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
  );
  templateId = (createTemplate as Loose)["template"].id as string;
  const registration = { id: ENCODER_ID, name: "Monitor", region: "local", isSimulated: true, mediaAddress: null, ingestAddresses: {} };
  await server.database.transaction("register", (transaction) =>
    registerEncoder(transaction, { ...registration, capacity: 10, capabilities: SIMULATED_CAPABILITIES, version: "test" }),
  );
  await server.database.executor.execute(sql`update encoders set last_seen_at = now() + interval '1 minute'`);
});
afterAll(() => server.stop());

interface MadeEvent {
  readonly id: string;
  readonly sessionIds: readonly string[];
}

/** Two languages, the second with a backup. */
async function create(): Promise<MadeEvent> {
  const languages = [
    { code: "de", label: "Deutsch", templateId },
    { code: "fr", label: "Français", templateId, backupEnabled: true },
  ];
  const { createEvent } = await server.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id languages { session { id } } } userErrors { message } } }`,
    { input: { title: "Town hall", languages } },
  );
  const { event, userErrors } = createEvent as Loose;
  expect(userErrors).toEqual([]);
  return { id: event.id as string, sessionIds: event.languages.map((language: Loose) => language["session"].id as string) };
}

/** As the encoder that holds the session would tell it, now and as long as the test goes. */
async function signal(sessionId: string, isConnected: boolean): Promise<void> {
  const sample = JSON.stringify({ isConnected, lastSeenAt: new Date().toISOString(), errorPercent: null, bitrateKbps: 900 });
  await server.database.executor.execute(sql`
    with holder as (update sessions set encoder_id = ${ENCODER_ID} where id = ${sessionId})
    insert into session_telemetry (session_id, encoder_id, at, path_a, generation)
    select id, ${ENCODER_ID}, now() + interval '1 minute', ${sample}::text::jsonb, generation from sessions where id = ${sessionId}
    on conflict (session_id) do update set path_a = excluded.path_a`);
}

async function act(field: "startEventTest" | "stopEventTest" | "goLive" | "stopEvent" | "deleteEvents", input: string): Promise<void> {
  const answer = await server.graphql(`mutation { ${field}(input: ${input}) { userErrors { code } } }`);
  expect((answer[field] as Loose)["userErrors"]).toEqual([]);
}

const monitor = (id: string, caller: TestCaller = server) => caller.subscribe(EventMonitorDocument, { id });

type Monitored = EventMonitorSubscription["eventMonitor"];

/** The first that is so. */
async function until(items: ReturnType<typeof monitor>, isSo: (item: Monitored) => boolean): Promise<Monitored> {
  return (await items.until(({ eventMonitor }) => isSo(eventMonitor))).at(-1)!.eventMonitor;
}

it("is told at once, every second, and as things become otherwise", async () => {
  const { id, sessionIds } = await create();
  const items = monitor(id);
  expect((await items.next()).eventMonitor).toMatchObject({
    ...{ id: id.replace("event_", "eventmonitor_"), status: "SCHEDULED", streamingSeconds: 0, viewerCount: 0, serverAvailable: false },
    languages: [
      { code: "de", viewerCount: 0, primary: "WAITING", backup: "NOT_CONFIGURED", activeIngest: null },
      { code: "fr", viewerCount: 0, primary: "WAITING", backup: "WAITING", activeIngest: null },
    ],
  });
  for (const sessionId of sessionIds) await signal(sessionId, true);
  const connected = await until(items, (item) => item.serverAvailable);
  expect(connected.languages.map(({ primary, activeIngest }) => [primary, activeIngest])).toEqual([
    ["CONNECTED", "PRIMARY"],
    ["CONNECTED", "PRIMARY"],
  ]);
  await act("goLive", `{ id: "${id}" }`);
  await until(items, (item) => item.status === "LIVE" && item.streamingSeconds >= 2);
  const moments: number[] = [];
  for (let count = 0; count < 4; count += 1) moments.push(new Date((await items.next()).eventMonitor.at).getTime());
  for (const [index, at] of moments.slice(1).entries()) expect(at - moments[index]!).toBeLessThanOrEqual(2_000);
  await signal(sessionIds[1]!, false);
  const lost = await until(items, (item) => item.languages[1]!.primary === "LOST");
  expect(lost.languages[1]!.activeIngest).toBeNull();
  await act("stopEvent", `{ id: "${id}", confirm: true }`);
  const ended = await until(items, (item) => item.status === "ENDED");
  const { event } = await server.graphql(`query ($id: ID!) { event(id: $id) { monitor { status streamingSeconds } } }`, { id });
  expect((event as Loose)["monitor"]).toEqual({ status: "ENDED", streamingSeconds: ended.streamingSeconds });
  items.end();
});

it("counts who watches at every gateway, in no test, and no longer than they do", async () => {
  const { id, sessionIds } = await create();
  for (const sessionId of sessionIds) await signal(sessionId, true);
  let now = 0;
  const counters = [1, 2].map(() => createViewerCounter({ now: () => now }));
  const endings = counters.map((counter) => startViewerReports({ database: server.database, log: silentLog, counter }));
  const watch = () => {
    for (let viewer = 0; viewer < 30; viewer += 1) counters[viewer % 2]!.see(sessionIds[0]!, `viewer ${viewer}`);
    counters[1]!.see(sessionIds[1]!, "another");
  };
  const rows = async () =>
    (await server.database.executor.execute(sql`select 1 from viewer_counts where session_id in (${sessionIds[0]}, ${sessionIds[1]})`))
      .length;
  const items = monitor(id);
  await act("startEventTest", `{ id: "${id}" }`);
  watch();
  await waitUntil(rows, (count) => count === 3);
  const tested = await until(items, (item) => item.status === "TESTING");
  expect(tested.viewerCount).toBe(0);
  await act("goLive", `{ id: "${id}" }`);
  const live = await until(items, (item) => item.viewerCount === 31);
  expect(live.languages.map(({ viewerCount }) => viewerCount)).toEqual([30, 1]);
  const { event } = await server.graphql(`query ($id: ID!) { event(id: $id) { languages { viewerCount } } }`, { id });
  expect((event as Loose)["languages"]).toEqual([{ viewerCount: 30 }, { viewerCount: 1 }]);
  now = 10_000;
  counters[0]!.see(sessionIds[0]!, "viewer 0");
  now = 15_000;
  await until(items, (item) => item.viewerCount === 1);
  // Who watched at a gateway that ends is counted where it goes to.
  watch();
  await until(items, (item) => item.viewerCount === 31);
  await endings[0]!();
  await until(items, (item) => item.viewerCount === 16);
  await endings[1]!();
  expect(await rows()).toBe(0);
  items.end();
});

it("ends where there is no such event, and when it is deleted", async () => {
  const stranger = await server.otherOrganization();
  const { id } = await create();
  for (const [wanted, caller] of [
    [id, stranger],
    ["event_00000000000000000000000000", server],
    ["nonsense", server],
  ] as const)
    await expect(monitor(wanted, caller).next()).rejects.toThrow("is over");
  const items = [monitor(id), monitor(id)];
  for (const each of items) await each.next();
  await act("deleteEvents", `{ ids: ["${id}"] }`);
  for (const each of items)
    await expect(each.until(() => false)).rejects.toMatchObject({ cause: { message: expect.stringContaining("is over") as string } });
});
