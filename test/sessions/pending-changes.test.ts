import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inTransaction } from "../../src/access/context.ts";
import { editTemplate } from "../../src/sessions/edit-template.ts";
import { findPendingChanges, findPendingProcessChanges } from "../../src/sessions/pending-changes.rules.ts";
import { listStaleLadders, listStaleProcesses } from "../../src/sessions/pending-changes.store.ts";
import { selectSessionStates } from "../../src/sessions/session.store.ts";
import { Refusal } from "../../src/shared/user-error.ts";
import { configureProcesses } from "../../src/processes/configure-processes.ts";
import { configureProcessesInput } from "../../src/processes/process.input.ts";
import { listProcessRows } from "../../src/processes/process.store.ts";
import { removeProcesses } from "../../src/processes/remove-processes.ts";
import { startSessions } from "../../src/sessions/start-sessions.ts";
import { stopSessions } from "../../src/sessions/stop-sessions.ts";
import { restartSessions } from "../../src/sessions/restart-sessions.ts";
import type { RenditionSettings } from "../../src/templates/template.rules.ts";
import { SessionChangesDocument } from "../generated/documents.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { createScriptedRunner, type ScriptedRunner } from "./scripted-runner.ts";

const HD = {
  name: "720p",
  isPassthrough: false,
  videoCodec: "H264",
  width: 1280,
  height: 720,
  videoBitrateKbps: 3000,
  frameRate: 29.97,
  audioCodec: "AAC",
  audioBitrateKbps: 128,
} as const;
const SD = { ...HD, name: "360p", width: 640, height: 360, videoBitrateKbps: 800 };
const SOURCE = { name: "source", isPassthrough: true } as const;

const at = (index: number, field: string) => ["playbacks", "0", "template", "renditions", String(index), field];
const rendition = (settings: object, id: string) => ({ id, ...settings }) as RenditionSettings;

describe("what waits for a restart", () => {
  it.each<
    [
      string,
      readonly RenditionSettings[],
      readonly RenditionSettings[],
      readonly (readonly [number, string, string | null, string | null])[],
    ]
  >([
    ["nothing, when nothing differs", [rendition(HD, "a")], [rendition(HD, "a")], []],
    ["nothing, when the very same rendition has another id", [rendition(HD, "a")], [rendition(HD, "b")], []],
    ["a bitrate", [rendition(HD, "a")], [rendition({ ...HD, videoBitrateKbps: 2500 }, "a")], [[0, "videoBitrateKbps", "3000", "2500"]]],
    ["a frame rate as it is written", [rendition(HD, "a")], [rendition({ ...HD, frameRate: 25 }, "a")], [[0, "frameRate", "29.97", "25"]]],
    ["a name", [rendition(SOURCE, "a")], [rendition({ ...SOURCE, name: "as it is" }, "a")], [[0, "name", "source", "as it is"]]],
    [
      "a passthrough that came",
      [rendition(HD, "a")],
      [rendition(HD, "a"), rendition(SOURCE, "b")],
      [
        [1, "name", null, "source"],
        [1, "isPassthrough", null, "true"],
      ],
    ],
    [
      "a passthrough that went",
      [rendition(SOURCE, "b"), rendition(HD, "a")],
      [rendition(HD, "a")],
      [
        [0, "name", "source", "720p"],
        [0, "isPassthrough", "true", "false"],
        [0, "videoCodec", null, "H264"],
        [0, "width", null, "1280"],
        [0, "height", null, "720"],
        [0, "videoBitrateKbps", null, "3000"],
        [0, "frameRate", null, "29.97"],
        [0, "audioCodec", null, "AAC"],
        [0, "audioBitrateKbps", null, "128"],
        [1, "name", "720p", null],
        [1, "isPassthrough", "false", null],
        [1, "videoCodec", "H264", null],
        [1, "width", "1280", null],
        [1, "height", "720", null],
        [1, "videoBitrateKbps", "3000", null],
        [1, "frameRate", "29.97", null],
        [1, "audioCodec", "AAC", null],
        [1, "audioBitrateKbps", "128", null],
      ],
    ],
    [
      "two that changed places",
      [rendition(HD, "a"), rendition(SD, "b")],
      [rendition(SD, "b"), rendition(HD, "a")],
      [
        [0, "name", "720p", "360p"],
        [0, "width", "1280", "640"],
        [0, "height", "720", "360"],
        [0, "videoBitrateKbps", "3000", "800"],
        [1, "name", "360p", "720p"],
        [1, "width", "640", "1280"],
        [1, "height", "360", "720"],
        [1, "videoBitrateKbps", "800", "3000"],
      ],
    ],
  ])("is %s", (_name, started, current, expected) => {
    const changes = findPendingChanges({ place: 0, started, current });
    expect(changes).toEqual(expected.map(([index, field, before, after]) => ({ path: at(index, field), before, after })));
  });
});

let server: TestServer;
let world: World;
let runner: ScriptedRunner;

beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server.database, server.organizationId);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await server.stop();
});

async function startEncoder(): Promise<void> {
  runner = createScriptedRunner();
  await world.startReaper();
  await world.startAgent({ runner: runner.start });
}

const UPDATE = `mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { template { id version renditions { id name } } userErrors { code } } }`;
async function edit(id: string, renditions: readonly object[], rest: object = {}): Promise<Loose> {
  const { updateTemplate } = await server.graphql(UPDATE, { input: { id, renditions, ...rest } });
  expect((updateTemplate as Loose)["userErrors"]).toEqual([]);
  return (updateTemplate as Loose)["template"] as Loose;
}

let templates = 0;
async function createTemplate(renditions: readonly object[]): Promise<string> {
  const { createTemplate: answer } = await server.graphql(
    `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id } userErrors { code } } }`,
    { input: { name: `Template ${(templates += 1)}`, renditions } },
  );
  return (answer as Loose)["template"].id as string;
}

const READ = `query ($id: ID!) { session(id: $id) { status pendingChanges { path before after } } }`;
const pendingOf = async (id: string) => ((await server.graphql(READ, { id }))["session"] as Loose)["pendingChanges"] as Loose[];
const listed = async (filter: object) =>
  (
    (await server.graphql("query ($filter: SessionFilter) { sessions(filter: $filter) { nodes { id } } }", { filter }))["sessions"] as Loose
  )["nodes"].map(({ id }: Loose) => id as string) as string[];
/** Sessions of which it is noted: a page of those that have pending changes reads these and no others. */
const noted = async () =>
  (
    await server.database.executor.execute<{ id: string }>(
      sql`select id from sessions where has_edits and desired_status = 'RUNNING' and status <> 'FAILED' order by id`,
    )
  ).map(({ id }) => id);
const usersOf = async (id: string, stale: boolean | null) =>
  (
    (
      await server.graphql(
        "query ($id: ID!, $stale: Boolean) { template(id: $id) { sessions(stale: $stale) { totalCount nodes { id } } } }",
        { id, stale },
      )
    )["template"] as Loose
  )["sessions"] as Loose;
const running = (ids: readonly string[]) =>
  waitUntil(
    () => world.view(ids),
    (views) => views.every(({ status }) => status === "RUNNING"),
  );

describe("an edit of a template", () => {
  it("is pending on the sessions that run with it, until they are restarted, stopped, or it is taken back", async () => {
    await startEncoder();
    const templateId = await createTemplate([HD, SD]);
    const [live = "", idle = ""] = await world.createSessions(2, {}, { templateId });
    const [other = ""] = await world.createSessions(1);
    await world.start([live, other]);
    await running([live, other]);
    const changes = server.subscribe(SessionChangesDocument, { filter: { hasPendingChanges: true }, snapshot: true });
    expect((await changes.next()).sessionChanges.kind).toBe("SNAPSHOT_END");

    await edit(templateId, [HD, { ...SD, videoBitrateKbps: 600 }]);
    expect(await pendingOf(live)).toEqual([{ path: at(1, "videoBitrateKbps"), before: "800", after: "600" }]);
    expect(await pendingOf(idle)).toEqual([]);
    expect((await changes.next()).sessionChanges).toMatchObject({
      kind: "UPDATED",
      sessionId: live,
      matches: true,
      actor: "key:First admin key",
    });
    expect(await listed({ hasPendingChanges: true })).toEqual([live]);
    expect((await listed({ hasPendingChanges: false })).sort()).toEqual([idle, other].sort());
    expect(await usersOf(templateId, true)).toEqual({ totalCount: 1, nodes: [{ id: live }] });
    expect(await usersOf(templateId, false)).toEqual({ totalCount: 1, nodes: [{ id: idle }] });
    expect(await usersOf(templateId, null)).toMatchObject({ totalCount: 2 });

    expect(await noted()).toEqual([live]);

    // Taken back: what runs is what stands there again, if under other ids.
    await edit(templateId, [HD, SD]);
    expect(await noted()).toEqual([]);
    expect((await changes.next()).sessionChanges).toMatchObject({ kind: "UPDATED", sessionId: live, matches: false });
    expect(await pendingOf(live)).toEqual([]);

    await edit(templateId, [HD]);
    expect((await changes.next()).sessionChanges).toMatchObject({ sessionId: live, matches: true });
    await world.restart([live]);
    expect(await noted()).toEqual([]);
    expect((await changes.next()).sessionChanges).toMatchObject({
      kind: "STATUS_CHANGED",
      sessionId: live,
      status: "STOPPING",
      matches: false,
    });
    expect(await pendingOf(live)).toEqual([]);
    await waitUntil(
      () => world.view([live]),
      ([view]) => view?.status === "RUNNING" && view.generation === 2,
    );

    await edit(templateId, [SD]);
    expect((await changes.next()).sessionChanges).toMatchObject({ sessionId: live, matches: true });
    await world.stop([live]);
    expect((await changes.next()).sessionChanges).toMatchObject({ status: "STOPPING", matches: false });
    expect(await pendingOf(live)).toEqual([]);
    changes.end();
  });

  it("is not pending on a session that failed, and no more once its turn in a rolling restart came", async () => {
    await startEncoder();
    const templateId = await createTemplate([HD]);
    const [failing = "", rolling = ""] = await world.createSessions(2, {}, { templateId });
    await world.start([failing, rolling]);
    await running([failing, rolling]);
    await edit(templateId, [SD]);
    const changes = server.subscribe(SessionChangesDocument, { filter: { hasPendingChanges: true }, snapshot: true });
    await changes.until(({ sessionChanges }) => sessionChanges.kind === "SNAPSHOT_END");
    runner.fail(failing, "It failed.");
    expect((await changes.next()).sessionChanges).toMatchObject({ sessionId: failing, status: "FAILED", matches: false });
    await world.restart([rolling], 1);
    expect((await changes.next()).sessionChanges).toMatchObject({ sessionId: rolling, status: "STOPPING", matches: false });
    expect(await listed({ hasPendingChanges: true })).toEqual([]);
    expect(await noted()).toEqual([]);
    changes.end();
  });

  it("of its name or description alone makes nothing pending", async () => {
    await startEncoder();
    const templateId = await createTemplate([HD]);
    const [id = ""] = await world.createSessions(1, {}, { templateId });
    await world.start([id]);
    const { updateTemplate } = await server.graphql(UPDATE, { input: { id: templateId, description: "Renamed" } });
    expect((updateTemplate as Loose)["template"].version).toBe(2);
    expect(await pendingOf(id)).toEqual([]);
    expect(await listed({ hasPendingChanges: true })).toEqual([]);
  });

  it("that changes nothing leaves its version as it is", async () => {
    const templateId = await createTemplate([HD, SOURCE]);
    const { version, renditions } = await edit(templateId, [HD, SOURCE]);
    expect(version).toBe(2);
    const [first, second] = renditions as Loose[];
    const same = [
      { id: first!["id"], ...HD },
      { id: second!["id"], ...SOURCE },
    ];
    expect((await edit(templateId, same, { expectedVersion: 2, isDefault: false, description: "" }))["version"]).toBe(2);
    expect((await edit(templateId, [...same].reverse()))["version"]).toBe(3);
  });

  it("takes as many statements for one running session as for a hundred", async () => {
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      const counts: number[] = [];
      for (const count of [1, 100]) {
        const templateId = await createTemplate([HD]);
        const ids = await world.createSessions(count, {}, { templateId });
        await world.start(ids);
        statements.length = 0;
        await counting.graphql(UPDATE, { input: { id: templateId, renditions: [SD] } });
        counts.push(statements.filter((statement) => /sessions|playbacks|insert into changes/.test(statement)).length);
        expect(await listed({ hasPendingChanges: true, templateId })).toHaveLength(Math.min(count, 50));
      }
      expect(counts[1]).toBe(counts[0]);
    } finally {
      await counting.stop();
    }
  });

  it("or of processes, and starts, stops, and restarts at the same time agree on what is stale, and never wait for one another in a circle", async () => {
    await startEncoder();
    const templateIds = [await createTemplate([HD]), await createTemplate([SD])];
    const context = world.context;
    const ids = (await Promise.all(templateIds.map((templateId) => world.createSessions(3, {}, { templateId })))).flat();
    const ladders: (readonly object[])[] = [[HD], [SD], [HD, SD], [SOURCE]];
    const verb = fc
      .record({
        act: fc.constantFrom(startSessions, startSessions, stopSessions, restartSessions),
        some: fc.subarray([...ids], { minLength: 1 }),
      })
      .map(
        ({ act, some }) =>
          () =>
            act(context, { selection: { ids: some }, dryRun: false }),
      );
    const ladderEdit = fc.record({ id: fc.constantFrom(...templateIds), ladder: fc.constantFrom(...ladders) }).map(
      ({ id, ladder }) =>
        () =>
          editTemplate(context, { id, renditions: ladder.map(complete) }),
    );
    const processEdit = fc
      .record({ sessionId: fc.constantFrom(...ids), isEnabled: fc.boolean(), intervalSeconds: fc.constantFrom(10, 20) })
      .map(({ sessionId, ...settings }) => () => {
        const input = configureProcessesInput.parse({ sessionId, settings: [{ kind: "THUMBNAIL", sync: true, ...settings }] });
        return configureProcesses(context, input);
      });
    const removal = fc.constantFrom(...ids).map((id) => async () => {
      const [process] = (await listProcessRows(context.database.executor, id)).filter(({ isRemoved }) => !isRemoved);
      if (!process) return;
      // Another call may have removed it meanwhile.
      await removeProcesses(context, { ids: [process.id] }).catch((error: unknown) => expect(error).toBeInstanceOf(Refusal));
    });
    const action = fc.oneof(
      { weight: 3, arbitrary: verb },
      // Another ladder takes the processes on the one before with it.
      { weight: 1, arbitrary: ladderEdit },
      { weight: 3, arbitrary: processEdit },
      { weight: 2, arbitrary: removal },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 10 }), async (actions) => {
        await Promise.all(actions.map((act) => act()));
        await inTransaction(context, "look", async ({ transaction }) => {
          const states = await selectSessionStates(transaction, ids);
          // Neither looks at what was noted of the session.
          const stale = await listStaleLadders(transaction, context.actor.organizationId, ids);
          const staleProcesses = await listStaleProcesses(transaction, context.actor.organizationId, ids);
          const differing = new Set(
            [
              ...stale.filter((ladder) => findPendingChanges(ladder).length > 0),
              ...staleProcesses.filter((process) => findPendingProcessChanges(process).length > 0),
            ].map(({ sessionId }) => sessionId),
          );
          const pending = [...states].filter(([, state]) => state.hasPendingChanges).map(([id]) => id);
          expect(pending.sort()).toEqual([...differing].sort());
          // What was noted is so itself, or a page of those that have pending changes would read others as well.
          expect(await noted()).toEqual([...differing].sort());
          // The log's last word on each session says the same.
          const logged = await transaction.execute<{ session: string; pending: boolean | null }>(sql`
            select distinct on (object_id) object_id as session, (after -> 'hasPendingChanges')::boolean as pending from changes
            where object_id = any(${sql.param([...ids])}::text[]) order by object_id, id desc`);
          expect(
            logged
              .filter(({ pending }) => pending)
              .map(({ session }) => session)
              .sort(),
          ).toEqual([...differing].sort());
        });
      }),
      { numRuns: 15 },
    );
  });
});

function complete(settings: object) {
  const none = {
    videoCodec: null,
    width: null,
    height: null,
    videoBitrateKbps: null,
    frameRate: null,
    audioCodec: null,
    audioBitrateKbps: null,
  };
  return { id: null, name: "", isPassthrough: false, ...none, ...settings };
}
