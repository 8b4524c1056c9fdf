import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import {
  ConfigureProcessesDocument,
  ProcessesDocument,
  RemoveProcessesDocument,
  SessionProcessesDocument,
  type ConfigureProcessesMutation,
  type ProcessRowFragment,
  type ProcessSettingsInput,
  type SessionProcessesQuery,
} from "../generated/documents.ts";
import type { SessionDraft } from "../../src/sessions/session.draft.ts";
import { createScriptedRunner, type ScriptedRunner } from "../sessions/scripted-runner.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
let world: World;
let runner: ScriptedRunner;
const statements: string[] = [];

beforeAll(async () => {
  server = await startTestServer({ onStatement: (statement) => statements.push(statement) });
  world = await createWorld(server.database, server.organizationId);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await server.stop();
});

const HD = {
  ...{ name: "720p", videoCodec: "H264", width: 1280, height: 720, videoBitrateKbps: 3000, frameRate: 25 },
  ...{ audioCodec: "AAC", audioBitrateKbps: 128 },
};
const SD = { ...HD, name: "360p", width: 640, height: 360, videoBitrateKbps: 800 };

let made = 0;
interface Ladder {
  readonly templateId: string;
  readonly renditionIds: readonly string[];
}

async function createTemplate(renditions: readonly object[] = [HD, SD]): Promise<Ladder> {
  const { createTemplate: answer } = await server.graphql(
    `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id renditions { id } } userErrors { code } } }`,
    { input: { name: `Ladder ${(made += 1)}`, renditions } },
  );
  const { id, renditions: ladder } = (answer as Loose)["template"] as Loose;
  return { templateId: id as string, renditionIds: (ladder as Loose[]).map((each) => each["id"] as string) };
}

interface MadeSession extends Ladder {
  readonly sessionId: string;
  readonly playbackId: string;
}

async function createSession(renditions?: readonly object[], draft: Partial<SessionDraft> = {}): Promise<MadeSession> {
  const ladder = await createTemplate(renditions);
  const [sessionId = ""] = await world.createSessions(1, draft, { templateId: ladder.templateId });
  const { session } = await server.graphql(`query ($id: ID!) { session(id: $id) { playbacks { id } } }`, { id: sessionId });
  return { ...ladder, sessionId, playbackId: (session as Loose)["playbacks"][0].id as string };
}

type Configured = ConfigureProcessesMutation["configureProcesses"];

async function configure(sessionId: string, settings: readonly ProcessSettingsInput[], caller: TestCaller = server): Promise<Configured> {
  return (await caller.graphql(ConfigureProcessesDocument, { input: { sessionId, settings: [...settings] } })).configureProcesses;
}

async function configured(sessionId: string, settings: readonly ProcessSettingsInput[]): Promise<readonly ProcessRowFragment[]> {
  const { processes, userErrors } = await configure(sessionId, settings);
  expect(userErrors).toEqual([]);
  return processes;
}

const RECORDING = { kind: "RECORDING", isEnabled: true, sync: true } as const;
const THUMBNAIL = { kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, sync: true } as const;

async function read(id: string): Promise<NonNullable<SessionProcessesQuery["session"]>> {
  const { session } = await server.graphql(SessionProcessesDocument, { id });
  return session!;
}

async function remove(ids: readonly string[], caller: TestCaller = server) {
  return (await caller.graphql(RemoveProcessesDocument, { input: { ids: [...ids] } })).removeProcesses;
}

const codes = (errors: readonly { readonly code: string }[]) => errors.map(({ code }) => code);

async function changesOf(objectId: string): Promise<readonly string[]> {
  const rows = await server.database.executor.execute<{ kind: string }>(
    sql`select kind from changes where object_id = ${objectId} order by id`,
  );
  return rows.map(({ kind }) => kind);
}

async function startEncoder(): Promise<void> {
  runner = createScriptedRunner();
  await world.startReaper();
  await world.startAgent({ runner: runner.start });
}

const isRunning = (id: string, generation = 1) =>
  waitUntil(
    () => world.view([id]),
    ([view]) => view?.status === "RUNNING" && view.generation === generation,
  );
const isStopped = (id: string) =>
  waitUntil(
    () => world.view([id]),
    ([view]) => view?.status === "STOPPED",
  );

describe("configureProcesses", () => {
  it("sets one rendition, several, or all of them, and changes what is there", async () => {
    const { sessionId, playbackId, renditionIds } = await createSession();
    const [hd = "", sd = ""] = renditionIds;
    const one = await configured(sessionId, [{ ...THUMBNAIL, sync: false, targets: [{ playbackId, renditionId: sd }] }]);
    expect(one).toMatchObject([
      { kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, durationSeconds: null, isActive: false, pending: null },
    ]);
    expect(one[0]).toMatchObject({
      rendition: { id: sd, name: "360p" },
      playback: { id: playbackId },
      session: { id: sessionId },
      health: "OK",
    });
    expect(one[0]!.url).toMatch(/^http:\/\/127\.0\.0\.1:4000\/stills\/[0-9a-z]{26}\/thumbnail\.jpg$/);

    const all = await configured(sessionId, [
      { ...THUMBNAIL, intervalSeconds: 60 },
      {
        kind: "MOTION_CLIP",
        isEnabled: true,
        intervalSeconds: 30,
        durationSeconds: 5,
        targets: [{ playbackName: "web", renditionId: hd }],
      },
      RECORDING,
      { kind: "REPLAY", isEnabled: false, durationSeconds: 7200, sync: true },
    ]);
    expect(
      all.map(({ kind, rendition, intervalSeconds, durationSeconds }) => [kind, rendition.name, intervalSeconds, durationSeconds]),
    ).toEqual([
      ["THUMBNAIL", "720p", 60, null],
      ["THUMBNAIL", "360p", 60, null],
      ["MOTION_CLIP", "720p", 30, 5],
      ["RECORDING", "720p", null, null],
      ["RECORDING", "360p", null, null],
      ["REPLAY", "720p", null, 7200],
      ["REPLAY", "360p", null, 7200],
    ]);
    expect(all[1]!.id).toBe(one[0]!.id);
    expect(all[1]!.url).toBe(one[0]!.url);
    expect(all.filter(({ url }) => url !== null).map(({ kind }) => kind)).toEqual(["THUMBNAIL", "THUMBNAIL", "MOTION_CLIP"]);
    expect(await changesOf(one[0]!.id)).toEqual(["CREATED", "UPDATED"]);

    const { processes } = await read(sessionId);
    expect(processes.map(({ rendition, kind }) => `${rendition.name} ${kind}`)).toEqual([
      ...["720p MOTION_CLIP", "720p RECORDING", "720p REPLAY", "720p THUMBNAIL"],
      ...["360p RECORDING", "360p REPLAY", "360p THUMBNAIL"],
    ]);
    const recordings = await server.graphql(ProcessesDocument, { sessionId, kind: "RECORDING", first: 1 });
    expect(recordings.processes).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
  });

  it("applies all settings of a call, or none", async () => {
    const { sessionId } = await createSession();
    const { processes, userErrors } = await configure(sessionId, [
      RECORDING,
      { ...THUMBNAIL, intervalSeconds: 5 },
      { kind: "REPLAY", isEnabled: true },
    ]);
    expect(processes).toEqual([]);
    expect(userErrors).toMatchObject([
      {
        code: "INVALID_VALUE",
        path: ["input", "settings", "1", "intervalSeconds"],
        message: "The interval of a THUMBNAIL is 10 to 3600 seconds.",
      },
      { code: "REQUIRED", path: ["input", "settings", "2", "targets"] },
    ]);
    expect((await read(sessionId)).processes).toEqual([]);
    expect(codes((await configure(sessionId, [])).userErrors)).toEqual(["INVALID_VALUE"]);
    expect(codes((await configure("session_0", [RECORDING])).userErrors)).toEqual(["NOT_FOUND"]);
  });

  it("tells the session's followers and its last command, leaves its version, and tells nothing when nothing changed", async () => {
    const { sessionId } = await createSession();
    const [recording] = await configured(sessionId, [RECORDING]);
    await configured(sessionId, [RECORDING]);
    expect(await changesOf(recording!.id)).toEqual(["CREATED"]);
    expect(await changesOf(sessionId)).toEqual(["CREATED", "UPDATED"]);
    const { session } = await server.graphql(`query ($id: ID!) { session(id: $id) { version lastCommand { verb } } }`, { id: sessionId });
    expect(session).toEqual({ version: 1, lastCommand: { verb: "CONFIGURE" } });
    const { auditEntries } = await server.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb objectIds } } }`, {
      id: recording!.id,
    });
    expect((auditEntries as Loose)["nodes"]).toHaveLength(2);
    expect((auditEntries as Loose)["nodes"][0]).toMatchObject({
      verb: "CONFIGURE",
      objectIds: expect.arrayContaining([sessionId]) as unknown,
    });
  });

  it("wants level EDITOR and the package, without which what is configured is still shown", async () => {
    const { sessionId } = await createSession();
    const [recording] = await configured(sessionId, [RECORDING]);
    const operator = await server.callerOfLevel("OPERATOR");
    expect(codes((await configure(sessionId, [RECORDING], operator)).userErrors)).toEqual(["ACCESS_LEVEL_REQUIRED"]);
    expect((await read(sessionId)).actions.configureProcesses).toEqual({ allowed: true, blockers: [] });
    await server.database.executor.execute(sql`update organizations set packages = '{EVENTS}' where id = ${server.organizationId}`);
    try {
      expect(codes((await configure(sessionId, [RECORDING])).userErrors)).toEqual(["PACKAGE_REQUIRED"]);
      expect(codes((await remove([recording!.id])).userErrors)).toEqual(["PACKAGE_REQUIRED"]);
      const { processes, actions } = await read(sessionId);
      expect(processes).toHaveLength(2);
      expect(actions.configureProcesses).toMatchObject({ allowed: false, blockers: [{ code: "PACKAGE_REQUIRED" }] });
    } finally {
      await server.database.executor.execute(
        sql`update organizations set packages = '{EVENTS,LIVE_PROCESSING}' where id = ${server.organizationId}`,
      );
    }
  });

  it("and everything else of one organization is nothing of another's", async () => {
    const { sessionId } = await createSession();
    const [recording] = await configured(sessionId, [RECORDING]);
    const other = await server.otherOrganization();
    expect(codes((await configure(sessionId, [RECORDING], other)).userErrors)).toEqual(["NOT_FOUND"]);
    expect(codes((await remove([recording!.id], other)).userErrors)).toEqual(["NOT_FOUND"]);
    expect((await other.graphql(ProcessesDocument, {})).processes.nodes).toEqual([]);
    const node = `query ($id: ID!) { node(id: $id) { __typename id } }`;
    expect(await other.graphql(node, { id: recording!.id })).toEqual({ node: null });
    expect(await server.graphql(node, { id: recording!.id })).toEqual({ node: { __typename: "Process", id: recording!.id } });
  });

  it("of two calls at once loses neither", async () => {
    const { sessionId, playbackId, renditionIds } = await createSession();
    const [hd = "", sd = ""] = renditionIds;
    await Promise.all([
      configured(sessionId, [{ ...RECORDING, sync: false, targets: [{ playbackId, renditionId: hd }] }]),
      configured(sessionId, [{ ...RECORDING, sync: false, targets: [{ playbackId, renditionId: sd }] }]),
      configured(sessionId, [RECORDING]),
    ]);
    expect((await read(sessionId)).processes).toHaveLength(2);
  });
});

describe("a session that is created with processes", () => {
  const CREATE = `mutation ($input: CreateSessionInput!) { createSession(input: $input) {
    session { id processes { id kind intervalSeconds playback { name } rendition { name } } } userErrors { code path } } }`;
  const input = (templateId: string, processes: readonly object[]) => ({
    ...{ name: `Session ${(made += 1)}`, source: { type: "RTMP_PUSH" } },
    playbacks: ["Web", "Archive"].map((name) => ({ name, type: "HTTP", hlsEnabled: true, templateId })),
    processes,
  });

  it("has them on the playbacks that the same call names", async () => {
    const { templateId, renditionIds } = await createTemplate();
    const targets = [{ playbackName: " archive", renditionId: renditionIds[1] }];
    const { createSession: answer } = await server.graphql(CREATE, {
      input: input(templateId, [{ ...THUMBNAIL, sync: false, targets }, RECORDING]),
    });
    const { processes } = (answer as Loose)["session"] as Loose;
    expect((processes as Loose[]).map((each) => `${each["playback"].name} ${each["rendition"].name} ${each["kind"]}`)).toEqual([
      "Web 720p RECORDING",
      "Web 360p RECORDING",
      "Archive 720p RECORDING",
      "Archive 360p RECORDING",
      "Archive 360p THUMBNAIL",
    ]);
    expect(await changesOf((processes as Loose[])[4]!["id"] as string)).toEqual(["CREATED"]);
  });

  it("is not created when any of it is wrong, or the package is missing", async () => {
    const { templateId, renditionIds } = await createTemplate();
    const targets = [{ playbackName: "Radio", renditionId: renditionIds[0] }];
    const wrong = input(templateId, [RECORDING, { ...RECORDING, sync: false, targets }]);
    const { createSession: refused } = await server.graphql(CREATE, { input: wrong });
    expect(refused).toEqual({
      session: null,
      userErrors: [{ code: "NOT_FOUND", path: ["input", "processes", "1", "targets", "0", "playbackName"] }],
    });
    const other = await server.otherOrganization();
    await server.database.executor.execute(sql`update organizations set packages = '{}' where id = ${other.organizationId}`);
    const { createTemplate: theirs } = await other.graphql(
      `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id } userErrors { code } } }`,
      { input: { name: "Ladder", renditions: [HD] } },
    );
    const { createSession: gated } = await other.graphql(CREATE, { input: input((theirs as Loose)["template"].id as string, [RECORDING]) });
    expect(gated).toMatchObject({ session: null, userErrors: [{ code: "PACKAGE_REQUIRED", path: ["input", "processes"] }] });
  });
});

describe("processes of a session that runs", () => {
  it("go by what it was started with; what is set later waits for the next start", async () => {
    await startEncoder();
    const { sessionId, playbackId, renditionIds } = await createSession([HD]);
    const [recording, thumbnail] = await configured(sessionId, [{ ...RECORDING, durationSeconds: 60 }, THUMBNAIL]);
    await world.start([sessionId]);
    await isRunning(sessionId);
    const [launch] = runner.launches;
    expect(launch).toMatchObject({ organizationId: server.organizationId, runId: expect.stringMatching(/^run_/) as unknown });
    expect(launch!.processes).toEqual([
      {
        processId: recording!.id,
        kind: "RECORDING",
        playbackId,
        renditionId: renditionIds[0],
        intervalSeconds: null,
        durationSeconds: 60,
        pathToken: expect.any(String) as unknown,
      },
      {
        processId: thumbnail!.id,
        kind: "THUMBNAIL",
        playbackId,
        renditionId: renditionIds[0],
        intervalSeconds: 10,
        durationSeconds: null,
        pathToken: expect.any(String) as unknown,
      },
    ]);
    // What the encoder calls the directory is no part of any address.
    expect(launch!.processes.some(({ pathToken }) => thumbnail!.url!.includes(pathToken))).toBe(false);

    const [later] = await configured(sessionId, [
      { ...THUMBNAIL, intervalSeconds: 60 },
      { kind: "REPLAY", isEnabled: true, sync: true },
      { kind: "RECORDING", isEnabled: false, sync: true },
    ]);
    expect(later).toMatchObject({
      isEnabled: true,
      intervalSeconds: 10,
      pending: { isEnabled: true, intervalSeconds: 60, durationSeconds: null },
    });
    const { processes, pendingChanges } = await read(sessionId);
    expect(processes.map(({ kind, isEnabled, pending }) => [kind, isEnabled, pending?.isEnabled])).toEqual([
      ["RECORDING", true, false],
      ["REPLAY", false, true],
      ["THUMBNAIL", true, true],
    ]);
    expect(pendingChanges).toEqual([
      { path: ["processes", "0", "isEnabled"], before: "true", after: "false" },
      { path: ["processes", "1", "isEnabled"], before: null, after: "true" },
      { path: ["processes", "2", "intervalSeconds"], before: "10", after: "60" },
    ]);
    const { sessions } = await server.graphql(`{ sessions(filter: { hasPendingChanges: true }) { nodes { id } } }`);
    expect((sessions as Loose)["nodes"]).toEqual([{ id: sessionId }]);

    await world.restart([sessionId]);
    await isRunning(sessionId, 2);
    expect(runner.launches[1]!.processes.map(({ kind, intervalSeconds }) => [kind, intervalSeconds])).toEqual([
      ["THUMBNAIL", 60],
      ["REPLAY", null],
    ]);
    expect(runner.launches[1]!.runId).not.toBe(launch!.runId);
    expect((await read(sessionId)).pendingChanges).toEqual([]);
  });

  it("go by that also when another encoder takes it over, and at a turn in a rolling restart they do not", async () => {
    const { sessionId } = await createSession([HD]);
    await configured(sessionId, [{ ...RECORDING, durationSeconds: 60 }]);
    await startEncoder();
    const first = runner;
    await world.start([sessionId]);
    await isRunning(sessionId);
    await configured(sessionId, [{ ...RECORDING, durationSeconds: 120 }]);
    await world.startAgent({ runner: (runner = createScriptedRunner()).start, name: "second" });
    await server.database.executor.execute(sql`
      update sessions set encoder_id = null, status = 'STARTING', epoch = epoch + 1 where id = ${sessionId}`);
    const launches = () => [...first.launches, ...runner.launches];
    await waitUntil(
      () => Promise.resolve(launches()),
      (all) => all.length === 2,
    );
    expect(launches().map(({ processes, generation }) => [generation, processes[0]?.durationSeconds])).toEqual([
      [1, 60],
      [1, 60],
    ]);
    await isRunning(sessionId);
    await world.restart([sessionId], 1);
    await isRunning(sessionId, 2);
    const newest = launches().find(({ generation }) => generation === 2);
    expect(newest!.processes[0]!.durationSeconds).toBe(120);
  });

  it("show what the encoder tells of them, and nothing of it once the session has stopped but the latest content", async () => {
    await startEncoder();
    const { sessionId } = await createSession([HD]);
    const [recording, thumbnail] = await configured(sessionId, [RECORDING, THUMBNAIL]);
    await world.start([sessionId]);
    await isRunning(sessionId);
    const told = (rest: object) => ({
      ...{ isActive: true, health: "OK" as const, reason: null, contentVersion: null, contentType: null, contentAt: null },
      ...rest,
    });
    const content = { contentVersion: "1", contentType: "image/jpeg", contentAt: "2026-01-31T12:00:00.000Z" };
    runner.observe(sessionId, {
      processes: [
        { processId: recording!.id, ...told({ health: "ERROR", reason: "The disk is full.\u0000" }) },
        { processId: thumbnail!.id, ...told(content) },
        { processId: "process_0", ...told({}) },
      ],
      causes: [
        {
          code: "PROCESS_FAILED",
          playbackId: null,
          processId: recording!.id,
          severity: "ERROR",
          message: "The disk is full.",
          occurrences: 1,
        },
      ],
    });
    const processes = async () => (await read(sessionId)).processes;
    const active = await waitUntil(processes, (all) => all.every(({ isActive }) => isActive));
    expect(active).toMatchObject([
      { kind: "RECORDING", health: "ERROR", statusReason: expect.stringContaining("The disk is full.") as unknown },
      { kind: "THUMBNAIL", health: "OK", statusReason: null, ...content },
    ]);
    const { alerts } = await server.graphql(`{ alerts(open: true) { nodes { code process { id } session { id } } } }`);
    expect((alerts as Loose)["nodes"]).toEqual([{ code: "PROCESS_FAILED", process: { id: recording!.id }, session: { id: sessionId } }]);

    runner.observe(sessionId, { processes: [{ processId: thumbnail!.id, ...told({ ...content, contentVersion: "2" }) }] });
    await waitUntil(processes, (all) => all.some(({ contentVersion }) => contentVersion === "2"));
    // A picture made anew is as usual as a heartbeat.
    expect(await changesOf(thumbnail!.id)).toEqual(["CREATED", "STATUS_CHANGED"]);

    await world.stop([sessionId]);
    await isStopped(sessionId);
    expect(await processes()).toMatchObject([
      { kind: "RECORDING", isActive: false, health: "OK", statusReason: null },
      { kind: "THUMBNAIL", isActive: false, contentVersion: "2" },
    ]);
    expect(await changesOf(recording!.id)).toEqual(["CREATED", "STATUS_CHANGED", "STATUS_CHANGED"]);
  });

  it("are inactive as soon as their encoder is lost", async () => {
    const { sessionId } = await createSession([HD]);
    const [recording] = await configured(sessionId, [RECORDING]);
    runner = createScriptedRunner();
    const agent = await world.startAgent({ runner: runner.start });
    await world.start([sessionId]);
    await isRunning(sessionId);
    const nothing = { reason: null, contentVersion: null, contentType: null, contentAt: null };
    runner.observe(sessionId, { processes: [{ processId: recording!.id, isActive: true, health: "OK", ...nothing }] });
    const activity = async () => (await read(sessionId)).processes.map(({ isActive }) => isActive);
    await waitUntil(activity, ([isActive]) => isActive === true);
    await agent.close();
    expect(await activity()).toEqual([false]);
  });
});

describe("rotateSecret", () => {
  const ROTATE = `mutation ($input: RotateSecretInput!) { rotateSecret(input: $input) { value userErrors { code path } } }`;
  const rotate = async (input: object, caller: TestCaller = server) => (await caller.graphql(ROTATE, { input }))["rotateSecret"] as Loose;

  it("gives a thumbnail another address, and leaves an audit entry also when it is refused", async () => {
    const { sessionId } = await createSession([HD]);
    const [recording, thumbnail] = await configured(sessionId, [RECORDING, THUMBNAIL]);
    const { value } = await rotate({ id: thumbnail!.id });
    expect((await read(sessionId)).processes[1]!.url).toBe(`http://127.0.0.1:4000/stills/${value}/thumbnail.jpg`);
    expect(await changesOf(thumbnail!.id)).toEqual(["CREATED", "UPDATED"]);
    const error = (code: string, ...path: string[]) => ({ value: null, userErrors: [{ code, path }] });
    expect(await rotate({ id: recording!.id })).toEqual(error("NOT_APPLICABLE", "input", "id"));
    expect(await rotate({ id: thumbnail!.id, value: "mine" })).toEqual(error("NOT_APPLICABLE", "input", "value"));
    expect(await rotate({ id: thumbnail!.id }, await server.callerOfLevel("OPERATOR"))).toEqual(error("ACCESS_LEVEL_REQUIRED"));
    expect(await rotate({ id: thumbnail!.id }, await server.otherOrganization())).toEqual(error("NOT_FOUND", "input", "id"));
    const entries = await server.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb outcome } } }`, {
      id: thumbnail!.id,
    });
    expect(((entries["auditEntries"] as Loose)["nodes"] as Loose[]).map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual([
      ...["ROTATE_SECRET FAILED", "ROTATE_SECRET FAILED", "ROTATE_SECRET ACCEPTED", "CONFIGURE ACCEPTED"],
    ]);
  });
});

describe("removeProcesses", () => {
  it("removes all or none", async () => {
    const { sessionId } = await createSession();
    const [first, second] = await configured(sessionId, [RECORDING]);
    const twice = await remove([first!.id, "process_0", first!.id]);
    expect(twice.userErrors).toMatchObject([
      { code: "NOT_FOUND", path: ["input", "ids", "1"] },
      { code: "DUPLICATE_ID", path: ["input", "ids", "2"] },
    ]);
    expect((await read(sessionId)).processes).toHaveLength(2);
    expect(await remove([first!.id, second!.id])).toEqual({ processes: [], userErrors: [] });
    expect((await read(sessionId)).processes).toEqual([]);
    expect(await changesOf(first!.id)).toEqual(["CREATED", "DELETED"]);
    expect(codes((await remove([first!.id])).userErrors)).toEqual(["NOT_FOUND"]);
  });

  it("lets what runs go on until its session has stopped, or is restarted", async () => {
    await startEncoder();
    const { sessionId } = await createSession([HD]);
    const [recording, thumbnail] = await configured(sessionId, [RECORDING, THUMBNAIL]);
    await world.start([sessionId]);
    await isRunning(sessionId);
    const { processes } = await remove([recording!.id]);
    expect(processes).toMatchObject([{ id: recording!.id, isEnabled: true, pending: { isEnabled: false } }]);
    expect((await read(sessionId)).pendingChanges).toEqual([{ path: ["processes", "0", "isEnabled"], before: "true", after: null }]);
    expect(codes((await remove([recording!.id])).userErrors)).toEqual(["NOT_FOUND"]);
    await world.restart([sessionId]);
    await isRunning(sessionId, 2);
    expect(runner.launches[1]!.processes.map(({ processId }) => processId)).toEqual([thumbnail!.id]);
    expect((await read(sessionId)).processes.map(({ id }) => id)).toEqual([thumbnail!.id]);

    // Set again before the end, it stays, under another address.
    await remove([thumbnail!.id]);
    const [back] = await configured(sessionId, [THUMBNAIL]);
    expect(back).toMatchObject({ id: thumbnail!.id, pending: null });
    expect(back!.url).not.toBe(thumbnail!.url);
    await remove([thumbnail!.id]);
    await world.stop([sessionId]);
    await isStopped(sessionId);
    expect((await read(sessionId)).processes).toEqual([]);
    expect((await changesOf(thumbnail!.id)).at(-1)).toBe("DELETED");
  });
});

describe("processes", () => {
  it("stay on renditions that an edit of the template keeps, and go with those that it takes away", async () => {
    const { sessionId, templateId, renditionIds } = await createSession();
    const [hd, sd] = await configured(sessionId, [RECORDING]);
    const { updateTemplate } = await server.graphql(
      `mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { template { id } userErrors { code } } }`,
      {
        input: {
          id: templateId,
          renditions: [
            { ...HD, id: renditionIds[0], videoBitrateKbps: 2000 },
            { ...SD, name: "180p" },
          ],
        },
      },
    );
    expect((updateTemplate as Loose)["userErrors"]).toEqual([]);
    expect((await read(sessionId)).processes.map(({ id }) => id)).toEqual([hd!.id]);
    expect(await changesOf(sd!.id)).toEqual(["CREATED", "DELETED"]);
  });

  it("go with their playback, with its template, and with their session", async () => {
    const one = await createSession();
    const [first] = await configured(one.sessionId, [RECORDING]);
    const other = await createTemplate();
    const { updatePlayback } = await server.graphql(
      `mutation ($input: UpdatePlaybackInput!) { updatePlayback(input: $input) { session { id } userErrors { code } } }`,
      { input: { id: one.playbackId, playback: { templateId: other.templateId } } },
    );
    expect((updatePlayback as Loose)["userErrors"]).toEqual([]);
    expect((await read(one.sessionId)).processes).toEqual([]);
    expect(await changesOf(first!.id)).toEqual(["CREATED", "DELETED"]);

    const [second] = await configured(one.sessionId, [RECORDING]);
    const add = `mutation ($input: AddPlaybackInput!) { addPlayback(input: $input) { session { id } userErrors { code } } }`;
    await server.graphql(add, {
      input: { sessionId: one.sessionId, playback: { name: "Other", type: "HTTP", hlsEnabled: true, templateId: other.templateId } },
    });
    const take = `mutation ($input: RemovePlaybacksInput!) { removePlaybacks(input: $input) { session { id } userErrors { code } } }`;
    const { removePlaybacks } = await server.graphql(take, { input: { sessionId: one.sessionId, ids: [one.playbackId] } });
    expect((removePlaybacks as Loose)["userErrors"]).toEqual([]);
    expect(await changesOf(second!.id)).toEqual(["CREATED", "DELETED"]);

    const [third] = await configured(one.sessionId, [RECORDING]);
    await server.graphql(`mutation ($ids: [ID!]!) { deleteSessions(input: { selection: { ids: $ids } }) { acceptedCount } }`, {
      ids: [one.sessionId],
    });
    expect(await changesOf(third!.id)).toEqual(["CREATED", "DELETED"]);
  });

  it("go with their template when a CSV gives the session another one", async () => {
    const nothing = { urlB: null, failover: null, customStreamKey: null, srtPassphrase: null };
    const source = {
      ...nothing,
      type: "SRT_PULL",
      urlA: "srt://127.0.0.1:9000",
      srtEncryptionEnabled: false,
      hlsScte35PassthroughEnabled: false,
    } as const;
    const { sessionId, templateId } = await createSession([HD], { source });
    await configured(sessionId, [RECORDING]);
    const named = `query ($id: ID!) { template(id: $id) { name } }`;
    const nameOf = async (id: string) => ((await server.graphql(named, { id }))["template"] as Loose)["name"] as string;
    const exported = await server.graphql(`query ($ids: [ID!]!) { exportSessionsCsv(selection: { ids: $ids }) { csv } }`, {
      ids: [sessionId],
    });
    const other = await nameOf((await createTemplate()).templateId);
    const csv = ((exported["exportSessionsCsv"] as Loose)["csv"] as string).replace(await nameOf(templateId), other);
    const { importSessionsCsv } = await server.graphql(
      `mutation ($csv: String!) { importSessionsCsv(input: { csv: $csv, mode: UPSERT }) { imported errors { message } sessions { outcome changed } } }`,
      { csv },
    );
    expect(importSessionsCsv).toMatchObject({ imported: true, errors: [], sessions: [{ outcome: "UPDATED", changed: ["template_name"] }] });
    expect((await read(sessionId)).processes).toEqual([]);
  });

  it("of a page of sessions take as many statements as of one", async () => {
    const counts: number[] = [];
    const { templateId } = await createTemplate();
    for (const count of [1, 20]) {
      const ids = await world.createSessions(count, {}, { templateId });
      for (const id of ids) await configured(id, [RECORDING, THUMBNAIL]);
      statements.length = 0;
      const { sessions } = await server.graphql(
        `query ($ids: [ID!]) { sessions(first: 20, filter: { ids: $ids }) { nodes { processes { id pending { isEnabled } playback { name } rendition { name } session { name } } } } }`,
        { ids },
      );
      expect((sessions as Loose)["nodes"].flatMap((each: Loose) => each["processes"] as Loose[])).toHaveLength(count * 4);
      counts.push(statements.filter((statement) => /"(assets|processes|sessions|playbacks|renditions|runs)"/.test(statement)).length);
    }
    expect(counts[1]).toBe(counts[0]);
  });
});
