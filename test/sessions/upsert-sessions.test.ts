import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { startSessions } from "../../src/sessions/start-sessions.ts";
import { createSessionInput } from "../../src/sessions/session.input.ts";
import { upsertSessions } from "../../src/sessions/upsert-sessions.ts";
import { createLog } from "../../src/shared/log.ts";
import { nameKey } from "../../src/shared/name.ts";
import { CreateSessionsDocument, type CreateSessionInput } from "../generated/documents.ts";
import { makePicture } from "../images/pictures.ts";
import { randomSession } from "../imports/random-session.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
/** A client of which every statement is counted. */
let counted: Database;
let statementCount = 0;
let caller: TestCaller;
let templateId: string;
let otherTemplateId: string;

beforeAll(async () => {
  server = await startTestServer();
  const log = createLog({ level: "silent" });
  counted = openDatabase({ address: server.address, log, onStatement: () => (statementCount += 1) });
});
afterAll(async () => {
  await counted.close();
  await server.stop();
});
beforeEach(async () => {
  caller = await server.otherOrganization();
  templateId = await insertTemplate(caller.context, "One", ["source"]);
  otherTemplateId = await insertTemplate(caller.context, "Three", ["high", "mid", "low"]);
});

type Options = { readonly dryRun?: boolean; readonly mode?: "CREATE" | "UPSERT"; readonly idempotencyKey?: string };

async function upsert(sessions: readonly CreateSessionInput[], options: Options = {}) {
  const input = { mode: "UPSERT" as const, ...options, sessions: [...sessions] };
  return (await caller.graphql(CreateSessionsDocument, { input })).createSessions;
}

const codes = ({ userErrors }: Awaited<ReturnType<typeof upsert>>) =>
  userErrors.map(({ code, path }) => `${code} ${path.slice(2).join(".")}`);

const web = (rest: object = {}) => ({ name: "Web", type: "HTTP" as const, hlsEnabled: true, templateId, ...rest });
const pull = (name: string, rest: Partial<CreateSessionInput> = {}): CreateSessionInput => ({
  name,
  source: { type: "SRT_PULL", urlA: "srt://sender.example.org:9000" },
  playbacks: [web()],
  ...rest,
});

const rowsOf = async <Row extends Record<string, unknown>>(query: ReturnType<typeof sql>) => [
  ...(await server.database.executor.execute<Row>(query)),
];
const stored = async () =>
  rowsOf<{ name: string; version: number; description: string | null; external_id: string | null; url_a: string | null }>(
    sql`select name, version, description, external_id, url_a from sessions where organization_id = ${caller.organizationId} order by name`,
  );
const secretsOf = async (id: string) =>
  rowsOf(sql`select id, kind, is_generated, ciphertext from secrets where session_id = ${id} order by kind, position`);
const changesOf = async () =>
  (
    await rowsOf<{ kind: string }>(
      sql`select kind from changes where organization_id = ${caller.organizationId} and object = 'SESSION' order by id`,
    )
  ).map(({ kind }) => kind);

describe("createSessions with UPSERT", () => {
  it("creates what is not there, edits what differs, and leaves what does not", async () => {
    const first = await upsert([pull("A", { description: "a" }), pull("B")]);
    expect(first).toMatchObject({ outcomes: ["CREATED", "CREATED"], userErrors: [], cursor: expect.any(String) });
    const second = await upsert([pull("a", { description: "a" }), pull("B", { description: "b" }), pull("C")]);
    expect(second.outcomes).toEqual(["UPDATED", "UPDATED", "CREATED"]);
    expect(second.sessions.map(({ name }) => name)).toEqual(["a", "B", "C"]);
    expect(second.sessions.map(({ id }) => id).slice(0, 2)).toEqual(first.sessions.map(({ id }) => id));
    const third = await upsert([pull("C"), pull("a"), pull("B")]);
    expect(third).toMatchObject({ outcomes: ["UNCHANGED", "UNCHANGED", "UNCHANGED"], cursor: null });
    // A field left out stays, null clears it.
    expect((await upsert([pull("B", { description: null })])).outcomes).toEqual(["UPDATED"]);
    expect(await stored()).toMatchObject([
      { name: "B", version: 3, description: null },
      { name: "C", version: 1, description: null },
      { name: "a", version: 2, description: "a" },
    ]);
    expect(await changesOf()).toEqual(["CREATED", "CREATED", "UPDATED", "UPDATED", "CREATED", "UPDATED"]);
    const audited = await rowsOf<{ verb: string; count: number }>(
      sql`select verb, cardinality(object_ids) as count from audit_entries where organization_id = ${caller.organizationId} order by id`,
    );
    expect(audited.map(({ verb, count }) => [verb, count])).toEqual([
      ["CREATE", 2],
      ["UPDATE", 2],
      ["CREATE", 1],
      ["UPDATE", 1],
    ]);
  });

  it("means a session by its external id where that is given, which may then be renamed, else by its name", async () => {
    const [one] = (await upsert([pull("One", { externalId: "ext-1" }), pull("Two")])).sessions;
    const renamed = await upsert([pull("Uno", { externalId: "ext-1" })]);
    expect([renamed.outcomes, renamed.sessions[0]?.id]).toEqual([["UPDATED"], one?.id]);
    // Not given: matched by name, and the external id stays.
    expect((await upsert([pull("Uno")])).outcomes).toEqual(["UNCHANGED"]);
    expect((await upsert([pull("New", { externalId: "ext-9" })])).outcomes).toEqual(["CREATED"]);
    const clash = await upsert([pull("Two", { externalId: "ext-2" })]);
    expect(codes(clash)).toEqual(["DUPLICATE_NAME 0.name"]);
    expect(clash.userErrors[0]?.conflictingId).toMatch(/^session_/);
    expect((await stored()).map(({ name, external_id }) => [name, external_id])).toEqual([
      ["New", "ext-9"],
      ["Two", null],
      ["Uno", "ext-1"],
    ]);
  });

  it("lets sessions of one call take each other's names, and new ones those that become free", async () => {
    await upsert([pull("A", { externalId: "a" }), pull("B", { externalId: "b" }), pull("C", { externalId: "c" })]);
    const { outcomes, userErrors } = await upsert([
      pull("B", { externalId: "a" }),
      pull("A", { externalId: "b" }),
      pull("D", { externalId: "c" }),
      pull("C", { externalId: "new" }),
    ]);
    expect([outcomes, userErrors]).toEqual([["UPDATED", "UPDATED", "UPDATED", "CREATED"], []]);
    expect((await stored()).map(({ name, external_id }) => `${name} ${external_id}`)).toEqual(["A b", "B a", "C new", "D c"]);
  });

  it("says everything that is wrong with any of them, where, and writes nothing", async () => {
    const { sessions } = await upsert([pull("A", { externalId: "a" }), pull("B"), pull("Kept")]);
    const refused = await upsert([
      pull("A", { externalId: "a", source: { type: "RTMP_PUSH" } }),
      pull("B", { playbacks: [] }),
      pull("New", { source: { type: "SRT_PULL", urlA: "http://sender.example.org" } }),
      pull("Kept", { region: "elsewhere" }),
      pull("A"),
      pull("Again", { externalId: "x" }),
      pull("again", { externalId: "y" }),
      pull("B", { playbacks: [web({ type: "MULTICAST", hlsEnabled: undefined, urls: ["udp://239.1.1.1:5000"] })], externalId: "z" }),
    ]);
    expect(codes(refused)).toEqual([
      "INVALID_VALUE 0.source.type",
      "LAST_PLAYBACK 1.playbacks",
      "INVALID_VALUE 2.source.urlA",
      "INVALID_VALUE 3.region",
      "DUPLICATE_ID 4",
      "DUPLICATE_NAME 7.name",
      "DUPLICATE_NAME 4.name",
      "DUPLICATE_NAME 6.name",
      "DUPLICATE_NAME 7.name",
    ]);
    expect(refused).toMatchObject({ sessions: [], outcomes: [], cursor: null });
    expect((await stored()).map(({ version }) => version)).toEqual([1, 1, 1]);
    expect(sessions).toHaveLength(3);
    const input = { mode: "UPSERT" as const, sessions: Array.from({ length: 1_001 }, (_, index) => pull(`N${index}`)) };
    expect((await caller.graphql(CreateSessionsDocument, { input })).createSessions.userErrors).toMatchObject([{ code: "TOO_MANY_ITEMS" }]);
  });

  it("says in a dry run what would become of each, and writes nothing", async () => {
    await upsert([pull("A"), pull("B")]);
    const told = await upsert([pull("A"), pull("B", { description: "b" }), pull("C")], { dryRun: true });
    expect(told).toMatchObject({ sessions: [], outcomes: ["UNCHANGED", "UPDATED", "CREATED"], cursor: null, userErrors: [] });
    expect((await stored()).map(({ name, version }) => [name, version])).toEqual([
      ["A", 1],
      ["B", 1],
    ]);
  });

  it("keeps secrets that are left out, null or sent back masked, and replaces those that are given", async () => {
    const push: CreateSessionInput = {
      name: "Push",
      source: { type: "SRT_PUSH", customStreamKey: "first-stream-key", srtEncryptionEnabled: true },
      playbacks: [web({ type: "SRT_PUSH", hlsEnabled: undefined, urls: ["srt://to.example.org:9000?passphrase=correct-horse-battery"] })],
    };
    const { sessions } = await upsert([push]);
    const id = sessions[0]!.id;
    const before = await secretsOf(id);
    const shown = await caller.graphql(`query ($id: ID!) { session(id: $id) { playbacks { id urls } } }`, { id });
    const [{ id: playbackId, urls }] = shown["session"].playbacks;
    expect(urls[0]).toContain("••••");
    const masked = { ...push, source: { type: "SRT_PUSH" as const, customStreamKey: null, srtPassphrase: null } };
    expect((await upsert([{ ...masked, playbacks: [{ ...push.playbacks[0]!, urls }] }])).outcomes).toEqual(["UNCHANGED"]);
    expect(await secretsOf(id)).toEqual(before);
    const changed = await upsert([{ ...push, source: { type: "SRT_PUSH", customStreamKey: "second-stream-key" } }]);
    expect(changed.outcomes).toEqual(["UPDATED"]);
    const after = await secretsOf(id);
    // The same secret with another text; the others as they were, to the byte.
    expect(after.map(({ id: secretId }) => secretId)).toEqual(before.map(({ id: secretId }) => secretId));
    expect(after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index])).map(({ kind }) => kind)).toEqual([
      "STREAM_KEY",
    ]);
    expect((await upsert([{ ...push, source: { type: "SRT_PUSH", srtEncryptionEnabled: false } }])).outcomes).toEqual(["UPDATED"]);
    expect((await secretsOf(id)).map(({ kind }) => kind)).toEqual(["OUTPUT_URL", "STREAM_KEY"]);
    const again = await caller.graphql(`query ($id: ID!) { session(id: $id) { playbacks { id } } }`, { id });
    expect(again["session"].playbacks).toEqual([{ id: playbackId }]);
  });

  it("matches playbacks by their names: edits, adds and removes them, and puts them in the order given", async () => {
    const file = (name: string) => ({ name, type: "FILE" as const, templateId, fileFormat: "MP4" as const, urls: [`${name}.mp4`] });
    const { sessions } = await upsert([pull("S", { playbacks: [web(), file("kept"), file("gone")] })]);
    const id = sessions[0]!.id;
    const read = async () =>
      (await caller.graphql(`query ($id: ID!) { session(id: $id) { playbacks { id name urls dashEnabled template { id } } } }`, { id }))[
        "session"
      ].playbacks as { id: string; name: string }[];
    const before = await read();
    const { outcomes, userErrors } = await upsert([
      pull("S", {
        playbacks: [file("new"), { ...file("KEPT"), urls: undefined }, web({ templateId: otherTemplateId, dashEnabled: true })],
      }),
    ]);
    expect([outcomes, userErrors]).toEqual([["UPDATED"], []]);
    const after = await read();
    expect(after).toMatchObject([
      { name: "new", urls: ["new.mp4"] },
      { name: "KEPT", urls: ["kept.mp4"], id: before[1]!.id },
      { name: "Web", id: before[0]!.id, dashEnabled: true, template: { id: otherTemplateId } },
    ]);
    expect((await upsert([pull("S", { playbacks: [file("new"), file("KEPT"), { name: "web", type: "HTTP" }] })])).outcomes).toEqual([
      "UPDATED",
    ]);
    expect((await upsert([pull("S", { playbacks: [file("new"), file("KEPT"), { name: "web", type: "HTTP" }] })])).outcomes).toEqual([
      "UNCHANGED",
    ]);
  });

  it("edits the texts of a session that runs, and nothing that needs it stopped", async () => {
    const { sessions } = await upsert([pull("Live"), pull("Idle")]);
    await startSessions(caller.context, { selection: { ids: [sessions[0]!.id] }, dryRun: false });
    expect((await upsert([pull("Live", { description: "on air", labels: ["live"] })])).outcomes).toEqual(["UPDATED"]);
    const refused = await upsert([
      pull("Live", {
        source: { type: "SRT_PULL", urlA: "srt://other.example.org:9000" },
        slatesEnabled: true,
        playbacks: [web({ dashEnabled: true })],
      }),
      pull("Idle", { description: "idle" }),
    ]);
    expect(codes(refused)).toEqual(["INVALID_STATE 0.source", "INVALID_STATE 0.slatesEnabled", "INVALID_STATE 0.playbacks"]);
    expect((await stored()).map(({ version }) => version)).toEqual([1, 2]);
  });

  it("sets processes of sessions that are there as of new ones", async () => {
    const renditions = (await rowsOf<{ id: string }>(sql`select id from renditions where template_id = ${templateId}`)).map(({ id }) => id);
    const thumbnail = (intervalSeconds: number, playbackName: string) => ({
      kind: "THUMBNAIL" as const,
      isEnabled: true,
      intervalSeconds,
      targets: [{ playbackName, renditionId: renditions[0]! }],
    });
    await upsert([pull("S", { processes: [thumbnail(10, "Web")] })]);
    expect((await upsert([pull("S", { processes: [thumbnail(10, "Web")] })])).outcomes).toEqual(["UNCHANGED"]);
    const both = pull("S", { playbacks: [web(), web({ name: "Second" })], processes: [thumbnail(20, "Web"), thumbnail(30, "second")] });
    expect(await upsert([both])).toMatchObject({ outcomes: ["UPDATED"], userErrors: [] });
    expect((await upsert([both, pull("T", { processes: [thumbnail(5, "Web")] })])).userErrors).toMatchObject([
      { code: "INVALID_VALUE", path: ["input", "sessions", "1", "processes", "0", "intervalSeconds"] },
    ]);
    const processes = await rowsOf<{ name: string; interval_seconds: number }>(sql`
      select p.name, c.interval_seconds from processes c join playbacks p on p.id = c.playback_id
      where c.organization_id = ${caller.organizationId} order by p.position`);
    expect(processes.map(({ name, interval_seconds }) => [name, interval_seconds])).toEqual([
      ["Web", 20],
      ["Second", 30],
    ]);
    expect((await upsert([both])).outcomes).toEqual(["UNCHANGED"]);
  });

  it("gives a session another picture, and not the same one again", async () => {
    const [one, other] = [makePicture("png", "32x18"), makePicture("png", "64x36")];
    const send = async (bytes: Buffer<ArrayBuffer>) => {
      const form = new FormData();
      const input = { mode: "UPSERT", sessions: [pull("Pictured", { coverImage: null })] };
      form.append("operations", JSON.stringify({ query: CreateSessionsDocument.toString(), variables: { input } }));
      form.append("map", JSON.stringify({ "0": ["variables.input.sessions.0.coverImage"] }));
      form.append("0", new Blob([bytes]), "cover.png");
      const headers = { authorization: `Bearer ${caller.key}`, "apollo-require-preflight": "1" };
      const answer = await fetch(`${server.url}/graphql`, { method: "POST", headers, body: form });
      return ((await answer.json()) as { data: { createSessions: { outcomes: string[] } } }).data.createSessions.outcomes;
    };
    expect([await send(one), await send(one), await send(other), await send(other)]).toEqual([
      ["CREATED"],
      ["UNCHANGED"],
      ["UPDATED"],
      ["UNCHANGED"],
    ]);
    expect(await rowsOf(sql`select id from images where organization_id = ${caller.organizationId}`)).toHaveLength(1);
  });

  it("is done once for a key, and is another call than a CREATE", async () => {
    const first = await upsert([pull("A")], { idempotencyKey: "k" });
    expect(await upsert([pull("A")], { idempotencyKey: "k" })).toEqual(first);
    expect((await upsert([pull("A")], { idempotencyKey: "k", mode: "CREATE" })).userErrors).toMatchObject([
      { code: "IDEMPOTENCY_KEY_REUSED" },
    ]);
    expect((await upsert([pull("A")], { mode: "CREATE" })).userErrors).toMatchObject([{ code: "DUPLICATE_NAME" }]);
  });

  it("wants level EDITOR", async () => {
    const operator = await server.callerOfLevel("OPERATOR");
    const { createSessions } = await operator.graphql(CreateSessionsDocument, { input: { mode: "UPSERT", sessions: [] } });
    expect(createSessions.userErrors).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
  });

  it("takes the same number of statements for a few as for many", async () => {
    const items = (count: number, description: string) =>
      Array.from({ length: count }, (_, index) =>
        createSessionInput.parse(
          pull(`${description.slice(0, 1)} ${count} ${index}`, {
            description,
            playbacks: [web({ name: description }), web({ name: "Always" })],
          }),
        ),
      );
    const count = async (size: number) => {
      const half = items(size, "first").slice(0, size / 2);
      await upsertSessions(caller.context, { sessions: half, dryRun: false });
      const changed = items(size, "first").map((item, index) => (index % 2 === 0 ? { ...item, playbacks: item.playbacks.slice(1) } : item));
      statementCount = 0;
      const { outcomes } = await upsertSessions({ ...caller.context, database: counted }, { sessions: changed, dryRun: false });
      expect(new Set(outcomes)).toEqual(new Set(["CREATED", "UPDATED", "UNCHANGED"]));
      return statementCount;
    };
    const few = await count(4);
    expect(await count(400)).toBe(few);
    expect(few).toBeLessThan(30);
  });

  it("of the same sessions by several at once makes each of them once", async () => {
    const items = Array.from({ length: 40 }, (_, index) =>
      createSessionInput.parse(pull(`Same ${index}`, { externalId: `same-${index}` })),
    );
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, turn) =>
        upsertSessions(caller.context, { sessions: turn % 2 === 0 ? items : items.toReversed(), dryRun: false }),
      ),
    );
    const outcomes = results.map(({ outcomes: [first], outcomes: all }) => (all.every((each) => each === first) ? first : "mixed"));
    expect(outcomes.toSorted()).toEqual(["CREATED", ...Array.from({ length: 5 }, () => "UNCHANGED")]);
    expect(new Set(results.map(({ ids }) => ids.toSorted().join())).size).toBe(1);
  });
});

describe("any sessions", () => {
  const items = fc.uniqueArray(randomSession, { minLength: 1, maxLength: 12, selector: ({ name }) => nameKey(name) });

  it("that an UPSERT writes are as a creation writes them, and stay so when it is sent again", async () => {
    await fc.assert(
      fc.asyncProperty(items, items, async (first, second) => {
        const context = await createTestContext(server.database);
        const ladders: Record<string, string> = {
          "1": await insertTemplate(context, "One"),
          "3": await insertTemplate(context, "Three", ["a", "b", "c"]),
        };
        const parse = (given: typeof first) =>
          given.map(({ playback: { template, ...playback }, ...session }, index) =>
            createSessionInput.parse({
              ...session,
              externalId: `item ${index}`,
              playbacks: [{ ...playback, templateId: ladders[template] }],
            }),
          );
        const run = (sessions: ReturnType<typeof parse>) => upsertSessions(context, { sessions, dryRun: false });
        const [before, after] = [parse(first), parse(second)];
        await run(before);
        // A type stays, that of the source and that of an output of the same name: those that differ in it are left out.
        const editable = after.filter((item, index) => {
          const was = before[index];
          if (!was) return true;
          const [[one], [other]] = [was.playbacks, item.playbacks];
          const isOtherOutput = nameKey(one?.name ?? "") !== nameKey(other?.name ?? "");
          return was.source.type === item.source.type && (isOtherOutput || one?.type === other?.type);
        });
        const outcomes = await run(editable).then(
          (result): readonly string[] => result.outcomes,
          (error: { readonly errors: readonly { readonly code: string }[] }) => error.errors.map(({ code }) => code),
        );
        // Names that a session keeps which was left out are refused, all or none.
        if (outcomes.includes("DUPLICATE_NAME")) return;
        const edited = await contentsOf(context.actor.organizationId, editable);
        expect((await run(editable)).outcomes).toEqual(editable.map(() => "UNCHANGED"));
        const fresh = await createTestContext(server.database);
        const moved = new Map([
          [ladders["1"], await insertTemplate(fresh, "One")],
          [ladders["3"], await insertTemplate(fresh, "Three", ["a", "b", "c"])],
        ]);
        const created = editable.map((item) => ({
          ...item,
          playbacks: item.playbacks.map((playback) => ({ ...playback, templateId: moved.get(playback.templateId ?? "") })),
        }));
        await upsertSessions(fresh, { sessions: created, dryRun: false });
        expect(edited).toEqual(await contentsOf(fresh.actor.organizationId, editable));
      }),
      { numRuns: 12 },
    );
  });

  /** Everything of these sessions but what is of the moment, or generated. */
  async function contentsOf(organizationId: string, of: readonly { readonly externalId?: string | null | undefined }[]): Promise<unknown> {
    const externalIds = of.map(({ externalId }) => externalId ?? "");
    return rowsOf(sql`
      select to_jsonb(s) - array['id', 'organization_id', 'stream_id', 'search_text', 'version', 'created_at', 'updated_at',
          'status_changed_at', 'last_command_at', 'last_command_verb'] as session,
        (select jsonb_agg(to_jsonb(p) - array['id', 'session_id', 'path_token', 'created_at', 'template_id'] || jsonb_build_object('template', t.name) order by position)
          from playbacks p join templates t on t.id = p.template_id where p.session_id = s.id) as playbacks,
        (select jsonb_agg(jsonb_build_object('kind', x.kind, 'position', x.position) order by x.kind, x.position)
          from secrets x where x.session_id = s.id) as secrets
      from sessions s where organization_id = ${organizationId} and external_id = any(${sql.param(externalIds)}::text[]) order by external_id`);
  }
});
