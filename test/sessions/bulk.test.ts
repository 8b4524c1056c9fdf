import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import type { SessionBulkAnswer, SessionBulkInput } from "../../src/sessions/bulk.ts";
import { createSessions } from "../../src/sessions/create-sessions.ts";
import { deleteSessions } from "../../src/sessions/delete-sessions.ts";
import { hideSlates } from "../../src/sessions/hide-slates.ts";
import { restartSessions } from "../../src/sessions/restart-sessions.ts";
import { createSessionsInput } from "../../src/sessions/session.input.ts";
import { selectSessionStates } from "../../src/sessions/session.store.ts";
import { showSlates } from "../../src/sessions/show-slates.ts";
import { startSessions } from "../../src/sessions/start-sessions.ts";
import { stopSessions } from "../../src/sessions/stop-sessions.ts";
import { switchSessionInputs } from "../../src/sessions/switch-session-inputs.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const statements: string[] = [];
let test: TestDatabase;
let context: Context;

beforeAll(async () => {
  test = await openTestDatabase({ onStatement: (statement) => statements.push(statement) });
});

afterAll(() => test.close());

beforeEach(async () => {
  context = await createTestContext(test.database);
  await insertTemplate(context, "One");
});

async function create(count: number, playbacks = 1, name = "Channel"): Promise<readonly string[]> {
  const sessions = Array.from({ length: count }, (_, index) => ({
    name: `${name} ${index + 1}`,
    source: { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000" },
    playbacks: Array.from({ length: playbacks }, (_unused, place) => ({
      name: `web ${place}`,
      type: "HTTP",
      hlsEnabled: true,
      ...template(),
    })),
  }));
  return (await createSessions(context, createSessionsInput.parse({ sessions }))).ids;
}

let templateId: string | undefined;
const template = () => (templateId ? { templateId } : {});

beforeEach(async () => {
  templateId = await insertTemplate(context, "Two");
});

const byIds = (ids: readonly string[], rest: Partial<SessionBulkInput> = {}): SessionBulkInput => ({
  selection: { ids },
  dryRun: false,
  ...rest,
});
const outcomes = (answer: SessionBulkAnswer) => answer.results.map(({ outcome, error }) => error?.code ?? outcome);

describe("a bulk verb", () => {
  it("answers every id in the order asked for, and skips nothing in silence", async () => {
    const [one = "", two = ""] = await create(2);
    const [empty = ""] = await (async () => {
      const input = createSessionsInput.parse({ sessions: [{ name: "Empty", source: { type: "RTMP_PUSH" }, playbacks: [] }] });
      return (await createSessions(context, input)).ids;
    })();
    await startSessions(context, byIds([two]));
    const unknown = newIdentifier("session");
    const answer = await startSessions(context, byIds([two, one, "nonsense", one, unknown, empty]));
    expect(answer.results.map((result) => result.id)).toEqual([two, one, "nonsense", one, unknown, empty]);
    expect(outcomes(answer)).toEqual(["ALREADY_IN_STATE", "ACCEPTED", "NOT_FOUND", "DUPLICATE_ID", "NOT_FOUND", "NO_PLAYBACK"]);
  });

  it("takes a session of another organization for one that is not there", async () => {
    const [id = ""] = await create(1);
    const stranger = await createTestContext(test.database);
    for (const verb of [startSessions, stopSessions, restartSessions, deleteSessions]) {
      expect(outcomes(await verb(stranger, byIds([id])))).toEqual(["NOT_FOUND"]);
    }
  });

  it("selects by filter, by name, with those taken off that were excluded", async () => {
    const ids = await create(12);
    const answer = await startSessions(context, {
      selection: { filter: { search: "channel 1", excludeIds: [ids[10] ?? ""] } },
      dryRun: false,
    });
    expect(answer.results.map((result) => result.id)).toEqual([ids[0], ids[9], ids[11]]);
  });

  it("does nothing in a dry run, and tells what it would do", async () => {
    const ids = await create(2);
    const answer = await startSessions(context, byIds(ids, { dryRun: true, idempotencyKey: "dry" }));
    expect(answer).toMatchObject({ dryRun: true, cursor: null });
    expect(outcomes(answer)).toEqual(["ACCEPTED", "ACCEPTED"]);
    const states = await selectSessionStates(test.database.executor, ids);
    expect([...states.values()].map((state) => state.status)).toEqual(["STOPPED", "STOPPED"]);
  });

  it("does nothing when the number has changed since it was looked at", async () => {
    await create(3);
    const input: SessionBulkInput = { selection: { filter: {} }, dryRun: false, expectedCount: 2 };
    await expect(startSessions(context, input)).rejects.toMatchObject({ errors: [{ code: "COUNT_CHANGED" }] });
  });

  it("refuses more than 10,000 sessions whole", async () => {
    const ids = Array.from({ length: 10_001 }, () => "session_x");
    await expect(stopSessions(context, byIds(ids))).rejects.toMatchObject({ errors: [{ code: "TOO_MANY_ITEMS" }] });
  });

  it("needs the level that the verb names", async () => {
    const [id = ""] = await create(1);
    const at = (accessLevel: Context["actor"]["accessLevel"]): Context => ({ ...context, actor: { ...context.actor, accessLevel } });
    const refusal = { errors: [{ code: "ACCESS_LEVEL_REQUIRED" }] };
    await expect(startSessions(at("VIEWER"), byIds([id]))).rejects.toMatchObject(refusal);
    await expect(deleteSessions(at("OPERATOR"), byIds([id]))).rejects.toMatchObject(refusal);
    expect(outcomes(await startSessions(at("OPERATOR"), byIds([id])))).toEqual(["ACCEPTED"]);
  });

  it.each([
    ["start", startSessions],
    ["stop", stopSessions],
    ["restart", restartSessions],
    ["delete", deleteSessions],
  ] as const)("needs as many statements to %s one session as a thousand", async (_name, verb) => {
    const [first = "", ...others] = await create(1_000);
    const counts: number[] = [];
    for (const ids of [[first], others]) {
      if (verb === stopSessions) await startSessions(context, byIds(ids));
      statements.length = 0;
      await verb(context, byIds(ids, { idempotencyKey: `key ${ids.length}` }));
      counts.push(statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThanOrEqual(12);
  });

  it("writes thousands in parts, always as many, so that none of its statements comes near its timeout", async () => {
    const ids = [...(await create(1_000)), ...(await create(1_000, 1, "Other"))];
    const { executor } = context.database;
    await executor.execute(sql`create table written (count integer)`);
    await executor.execute(sql`
      create function count_written() returns trigger language plpgsql as 'begin insert into written select count(*) from old_rows; return null; end'`);
    for (const event of ["update", "delete"]) {
      await executor.execute(
        sql.raw(`create trigger count_${event} after ${event} on sessions referencing old table as old_rows for each statement
          execute function count_written()`),
      );
    }
    const during = async (verb: typeof startSessions, some: readonly string[]): Promise<number> => {
      await executor.execute(sql`truncate written`);
      statements.length = 0;
      expect(new Set(outcomes(await verb(context, byIds(some))))).toEqual(new Set(["ACCEPTED"]));
      const count = statements.length;
      const [row] = await executor.execute(sql`select max(count)::integer as most, sum(count)::integer as all_of_them from written`);
      expect(row).toEqual({ most: Math.ceil(some.length / 4), all_of_them: some.length });
      return count;
    };
    const observe = (status: string) =>
      executor.execute(sql`update sessions set status = ${status} where organization_id = ${context.actor.organizationId}`);
    try {
      for (const [verb, status] of [
        [startSessions, "STOPPED"],
        [restartSessions, "RUNNING"],
        [stopSessions, "RUNNING"],
        [deleteSessions, "STOPPED"],
      ] as const) {
        await observe(status);
        const rest = await during(verb, ids.slice(1_000));
        await observe(status);
        expect(await during(verb, verb === deleteSessions ? ids.slice(0, 1_000) : ids)).toBe(rest);
      }
    } finally {
      await executor.execute(sql`drop function count_written cascade`);
      await executor.execute(sql`drop table written`);
    }
  });
});

describe("a verb for running sessions", () => {
  const toPath = (path: "A" | "B") => async (caller: Context, input: SessionBulkInput) =>
    switchSessionInputs(caller, { ...input, toPath: path });

  /** Sessions of a ladder, all of them as if an encoder ran them. */
  async function createRunning(count: number, urlB = true): Promise<readonly string[]> {
    const sessions = Array.from({ length: count }, (_, index) => ({
      name: `Running ${index + 1} ${urlB}`,
      source: { type: "MULTICAST_PULL", urlA: "udp://239.1.0.134:5000", ...(urlB && { urlB: "udp://239.1.0.135:5000" }) },
      playbacks: [{ name: "web", type: "HTTP", hlsEnabled: true, ...template() }],
    }));
    const { ids } = await createSessions(context, createSessionsInput.parse({ sessions }));
    await startSessions(context, byIds(ids));
    await context.database.executor.execute(sql`update sessions set status = 'RUNNING' where id = any(${sql.param([...ids])}::text[])`);
    return ids;
  }

  const transcode = () =>
    context.database.executor.execute(sql`
      update renditions set is_passthrough = false, video_codec = 'H264', width = 1280, height = 720, video_bitrate_kbps = 3000,
        frame_rate = 25, audio_codec = 'AAC', audio_bitrate_kbps = 128 where template_id = ${templateId ?? ""}`);

  async function controls(id: string) {
    const [row] = await context.database.executor.execute<Record<string, unknown>>(sql`
      select path_command_number as number, path_command_to as "to", path_command_actor as actor, is_slate_wanted as slate,
        last_command_verb as verb, version from sessions where id = ${id}`);
    return row;
  }

  it("asks for the other path, each time with another number, and takes it back", async () => {
    const [id = ""] = await createRunning(1);
    expect(outcomes(await toPath("A")(context, byIds([id])))).toEqual(["ALREADY_IN_STATE"]);
    expect(outcomes(await toPath("B")(context, byIds([id])))).toEqual(["ACCEPTED"]);
    expect(await controls(id)).toEqual({ number: 1, to: "B", actor: "key:Test", slate: false, verb: "SWITCH_INPUT", version: 1 });
    expect(outcomes(await toPath("A")(context, byIds([id])))).toEqual(["ACCEPTED"]);
    expect(await controls(id)).toMatchObject({ number: 2, to: "A" });
    await context.database.executor.execute(sql`update sessions set active_path = 'B', path_command_to = 'B' where id = ${id}`);
    expect(outcomes(await toPath("B")(context, byIds([id])))).toEqual(["ALREADY_IN_STATE"]);
  });

  it("keeps the number of a switch over a start, and forgets where to, and the slate", async () => {
    await transcode();
    const [id = ""] = await createRunning(1);
    await toPath("B")(context, byIds([id]));
    await showSlates(context, byIds([id]));
    expect(await controls(id)).toMatchObject({ number: 1, to: "B", slate: true });
    await context.database.executor.execute(sql`update sessions set status = 'STOPPED', desired_status = 'STOPPED' where id = ${id}`);
    await startSessions(context, byIds([id]));
    expect(await controls(id)).toMatchObject({ number: 1, to: null, actor: null, slate: false });
  });

  it("tells of each session why not", async () => {
    const [one = "", two = ""] = await createRunning(2);
    const [single = ""] = await createRunning(1, false);
    const [stopped = ""] = await create(1);
    await context.database.executor.execute(sql`update sessions set status = 'STOPPING' where id = ${two}`);
    expect(outcomes(await toPath("B")(context, byIds([one, two, single, stopped, "nonsense", one])))).toEqual([
      "ACCEPTED",
      "INVALID_STATE",
      "FAILOVER_NOT_SUPPORTED",
      "FAILOVER_NOT_SUPPORTED",
      "NOT_FOUND",
      "DUPLICATE_ID",
    ]);
    expect(outcomes(await showSlates(context, byIds([one])))).toEqual(["NOT_APPLICABLE"]);
  });

  it("shows a slate and hides it, and changes nothing in a dry run", async () => {
    await transcode();
    const [id = ""] = await createRunning(1);
    expect(outcomes(await showSlates(context, byIds([id], { dryRun: true })))).toEqual(["ACCEPTED"]);
    expect(await controls(id)).toMatchObject({ slate: false, verb: "START" });
    expect(outcomes(await showSlates(context, byIds([id], { expectedCount: 1 })))).toEqual(["ACCEPTED"]);
    expect(await controls(id)).toMatchObject({ slate: true, verb: "SHOW_SLATE" });
    expect(outcomes(await showSlates(context, byIds([id])))).toEqual(["ALREADY_IN_STATE"]);
    expect(outcomes(await hideSlates(context, byIds([id])))).toEqual(["ACCEPTED"]);
    expect(await controls(id)).toMatchObject({ slate: false, verb: "HIDE_SLATE", version: 1 });
  });

  it("is told to whoever subscribed, once for each session", async () => {
    const ids = await createRunning(2);
    await toPath("B")(context, byIds(ids, { idempotencyKey: "k" }));
    await toPath("B")(context, byIds(ids, { idempotencyKey: "k" }));
    const rows = await context.database.executor.execute<{ kind: string; object_id: string }>(
      sql`select kind, object_id from changes where organization_id = ${context.actor.organizationId} and kind = 'UPDATED' order by object_id`,
    );
    expect(rows.map((row) => row.object_id)).toEqual(ids.toSorted());
  });

  it("needs an OPERATOR", async () => {
    const viewer: Context = { ...context, actor: { ...context.actor, accessLevel: "VIEWER" } };
    for (const verb of [toPath("B"), showSlates, hideSlates]) {
      await expect(verb(viewer, byIds([]))).rejects.toMatchObject({ errors: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
    }
  });

  it.each([
    ["switch", toPath("B")],
    ["show the slate of", showSlates],
  ] as const)("needs as many statements to %s one session as many", async (_name, verb) => {
    await transcode();
    const [first = "", ...others] = await createRunning(300);
    const counts: number[] = [];
    for (const ids of [[first], others]) {
      statements.length = 0;
      expect(new Set(outcomes(await verb(context, byIds(ids))))).toEqual(new Set(["ACCEPTED"]));
      counts.push(statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThanOrEqual(8);
  });
});

describe("an idempotency key", () => {
  it("answers again what was done once", async () => {
    const ids = await create(2);
    const first = await startSessions(context, byIds(ids, { idempotencyKey: "start" }));
    const again = await startSessions(context, byIds(ids, { idempotencyKey: "start" }));
    expect(again).toEqual(first);
    expect(outcomes(again)).toEqual(["ACCEPTED", "ACCEPTED"]);
  });

  it("is refused with another request", async () => {
    const [one = "", two = ""] = await create(2);
    await startSessions(context, byIds([one], { idempotencyKey: "start" }));
    const refusal = { errors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] };
    await expect(startSessions(context, byIds([two], { idempotencyKey: "start" }))).rejects.toMatchObject(refusal);
    await expect(stopSessions(context, byIds([one], { idempotencyKey: "start" }))).rejects.toMatchObject(refusal);
  });

  it("does a creation once when it is asked for many times at once", async () => {
    const sessions = [{ name: "Once", source: { type: "RTMP_PUSH" }, playbacks: [] }];
    const input = createSessionsInput.parse({ sessions, idempotencyKey: "create" });
    const answers = await Promise.all(Array.from({ length: 8 }, () => createSessions(context, input)));
    expect(new Set(answers.map((answer) => answer.ids.join())).size).toBe(1);
  });

  it("is not kept for what was refused", async () => {
    const input = createSessionsInput.parse({
      sessions: [{ name: "One", source: { type: "RTMP_PUSH", urlA: "rtmp://x" }, playbacks: [] }],
      idempotencyKey: "refused",
    });
    await expect(createSessions(context, input)).rejects.toMatchObject({ errors: [{ code: "NOT_APPLICABLE" }] });
    const mended = { ...input, sessions: input.sessions.map((session) => ({ ...session, source: { type: "RTMP_PUSH" as const } })) };
    expect((await createSessions(context, mended)).ids).toHaveLength(1);
  });
});

describe("verbs that meet", () => {
  it("never leave a deleted session started or a started one deleted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(startSessions, stopSessions, deleteSessions, restartSessions), { minLength: 2, maxLength: 6 }),
        async (verbs) => {
          context = await createTestContext(test.database);
          templateId = await insertTemplate(context, "One");
          const ids = await create(3);
          const answers = await Promise.all(verbs.map((verb, index) => verb(context, byIds(index % 2 ? [...ids].reverse() : ids))));
          const states = await selectSessionStates(test.database.executor, ids);
          for (const [place, id] of ids.entries()) {
            const deletions = verbs.filter((verb, index) => verb === deleteSessions && accepted(answers[index], id)).length;
            expect(deletions).toBe(states.has(id) ? 0 : 1);
            expect(place).toBeLessThan(3);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

function accepted(answer: SessionBulkAnswer | undefined, id: string): boolean {
  return answer?.results.find((result) => result.id === id)?.outcome === "ACCEPTED";
}
