import fc from "fast-check";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { csvCommentLoader } from "../../src/imports/import.loaders.ts";
import { exportSessionsCsv } from "../../src/imports/export-sessions-csv.ts";
import { importSessionsCsv } from "../../src/imports/import-sessions-csv.ts";
import { readCsv } from "../../src/imports/csv.read.ts";
import { createSessions } from "../../src/sessions/create-sessions.ts";
import { deleteSessions } from "../../src/sessions/delete-sessions.ts";
import { createSessionsInput } from "../../src/sessions/session.input.ts";
import { nameKey } from "../../src/shared/name.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { randomSession } from "./random-session.ts";

let test: TestDatabase;
let context: Context;
const templateIds: Record<string, string> = {};

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  context = await createTestContext(test.database);
  templateIds["1"] = await insertTemplate(context, '=One, "and"; only');
  templateIds["3"] = await insertTemplate(context, "-3", ["high", "mid", "low"]);
});

type Candidate = Record<string, unknown>;

async function create(sessions: readonly Candidate[]): Promise<readonly string[]> {
  const candidates = createSessionsInput.shape.sessions.element.array().parse(sessions);
  return (await createSessions(context, { sessions: candidates, dryRun: false })).ids;
}

async function deleteAll(): Promise<void> {
  await deleteSessions(context, { selection: { filter: {} }, dryRun: false });
}

const exportCsv = async (includeSecrets: boolean) => exportSessionsCsv(context, { selection: null, includeSecrets });
const importCsv = (csv: string) => importSessionsCsv(context, { csv, dryRun: false });

/** Everything of all sessions but what is generated anew. */
async function contents(): Promise<unknown> {
  const rows = await test.database.executor.execute(sql`
    select to_jsonb(s) - array['id', 'stream_id', 'search_text', 'created_at', 'updated_at', 'status_changed_at', 'last_command_at', 'last_command_verb'] as session,
      (select jsonb_agg(to_jsonb(p) - array['id', 'session_id', 'path_token', 'created_at'] order by position) from playbacks p where p.session_id = s.id) as playbacks,
      (select jsonb_agg(jsonb_build_object('kind', x.kind, 'position', x.position) order by x.kind, x.position) from secrets x where x.session_id = s.id) as secrets
    from sessions s where organization_id = ${context.actor.organizationId} order by name_order, s.name`);
  return [...rows];
}

const sessions = fc.uniqueArray(randomSession, { minLength: 1, maxLength: 60, selector: (item) => nameKey(item.name) });

describe("exporting with secrets, deleting, and importing again", () => {
  it("gives equal sessions, and the same bytes when exported once more", async () => {
    await fc.assert(
      fc.asyncProperty(sessions, async (given) => {
        await deleteAll();
        await create(
          given.map(({ playback: { template, ...rest }, ...item }) => ({
            ...item,
            playbacks: [{ ...rest, templateId: templateIds[template] }],
          })),
        );
        const before = await contents();
        const first = await exportCsv(true);
        expect(first.commentedRowCount).toBe(0);
        await deleteAll();
        const imported = await importCsv(first.csv);
        expect(imported.errors).toEqual([]);
        expect(imported).toMatchObject({ imported: true, rowCount: given.length, skippedRowCount: 1 });
        expect(await contents()).toEqual(before);
        expect((await exportCsv(true)).csv).toBe(first.csv);
      }),
      { numRuns: 25 },
    );
  });
});

describe("10,000 sessions in one file", () => {
  it("come back as they were, to the byte", async () => {
    const seed = 20_261_121;
    const given = fc
      .sample(randomSession, { numRuns: 10_000, seed })
      .map((item, index) => ({ ...item, name: `${item.name.slice(0, 20)} ${index}` }));
    for (let start = 0; start < given.length; start += 1_000) {
      await create(
        given.slice(start, start + 1_000).map(({ playback: { template, ...rest }, ...item }) => ({
          ...item,
          name: item.name.isWellFormed() ? item.name : item.name.replace(/\p{Surrogate}/gu, ""),
          playbacks: [{ ...rest, templateId: templateIds[template] }],
        })),
      );
    }
    const first = await exportCsv(true);
    expect([first.rowCount, first.commentedRowCount]).toEqual([10_000, 0]);
    await deleteAll();
    const imported = await importCsv(first.csv);
    expect(imported.errors.slice(0, 3)).toEqual([]);
    expect(imported).toMatchObject({ imported: true, rowCount: 10_000 });
    expect((await exportCsv(true)).csv === first.csv).toBe(true);
  });
});

describe("a session that cannot be imported again", () => {
  const push = { type: "SRT_PUSH", srtEncryptionEnabled: true, customStreamKey: "very-secret-key", srtPassphrase: "very-secret-phrase" };
  const multicast = { type: "MULTICAST_PULL", urlA: "udp://239.1.1.1:5000" };
  const http = () => ({ name: "web", type: "HTTP", hlsEnabled: true, templateId: templateIds["1"] });

  async function commentsOf(includeSecrets: boolean): Promise<Record<string, string>> {
    const { csv } = await exportCsv(includeSecrets);
    const records = readCsv(csv).table?.records.slice(1) ?? [];
    return Object.fromEntries(records.map(({ cells }) => [cells[1] ?? "", cells[0] ?? ""]));
  }

  it("is exported as a comment that says why, and skipped by an import", async () => {
    const ids = await create([
      { name: "two", source: multicast, playbacks: [http(), { ...http(), name: "more" }] },
      { name: "none", source: multicast, playbacks: [] },
      { name: "input", source: { type: "RTMP_PULL", urlA: "rtmp://from.example/live/x" }, playbacks: [http()] },
      {
        name: "output",
        source: multicast,
        playbacks: [{ name: "w", type: "WHIP", urls: ["https://to.example/whip"], templateId: templateIds["1"] }],
      },
      {
        name: "remap",
        source: multicast,
        streamRemap: [{ priority: 1, type: "VIDEO", language: "any", mode: "PASSTHROUGH" }],
        playbacks: [http()],
      },
      {
        name: "count",
        source: multicast,
        playbacks: [{ name: "m", type: "MULTICAST", urls: ["udp://239.2.2.2:1"], templateId: templateIds["1"] }],
      },
      { name: "fine", source: multicast, playbacks: [http()] },
    ]);
    // The template gets a second rendition, so that one URL is no longer enough.
    await test.database.executor.execute(
      sql`insert into renditions (id, template_id, position, name, is_passthrough) values ('rendition_x', ${templateIds["1"]}, 1, 'x', true)`,
    );
    const comments = await commentsOf(true);
    expect(comments).toEqual({
      two: "Comment - the session has more than one playback",
      none: "Comment - the session has no playbacks",
      input: "Comment - the input type rtmp_pull is not supported by CSV",
      output: "Comment - the output type whip is not supported by CSV",
      remap: "Comment - the session has stream remap enabled",
      count: expect.stringMatching(/^Comment - .*takes one URL for each rendition of its template: 2, and 1 were given/) as string,
      fine: "",
    });
    const told = await csvCommentLoader.read(context, ids);
    expect(told.map((reason) => (reason === null ? "" : `Comment - ${reason}`))).toEqual(
      Object.keys(comments).length === 7 ? ["two", "none", "input", "output", "remap", "count", "fine"].map((key) => comments[key]) : [],
    );

    const { csv, rowCount, commentedRowCount } = await exportCsv(true);
    expect([rowCount, commentedRowCount]).toEqual([7, 6]);
    await deleteAll();
    expect(await importCsv(csv)).toMatchObject({ imported: true, rowCount: 1, skippedRowCount: 7, sessions: [{ name: "fine" }] });
  });

  it("is one whose URL holds a secret that the export left out", async () => {
    await create([
      { name: "url", source: { type: "HLS_PULL", urlA: "https://operator:hunter2@from.example/x.m3u8" }, playbacks: [http()] },
    ]);
    expect(await commentsOf(true)).toEqual({ url: "" });
    expect(await commentsOf(false)).toEqual({ url: "Comment - a URL holds a secret, which was left out; export with secrets" });
    expect((await exportCsv(false)).csv).not.toMatch(/hunter2/);
    expect((await exportCsv(true)).csv).toMatch(/hunter2/);
  });

  it("is not one with a key or passphrase left out: an import generates new ones", async () => {
    await create([{ name: "push", source: push, playbacks: [http()] }]);
    const { csv, commentedRowCount } = await exportCsv(false);
    expect([csv.includes("very-secret"), csv.includes("•"), commentedRowCount]).toEqual([false, false, 0]);
    await deleteAll();
    expect((await importCsv(csv)).imported).toBe(true);
    const secrets = await test.database.executor.execute(
      sql`select kind, is_generated from secrets x join sessions s on s.id = x.session_id where organization_id = ${context.actor.organizationId} order by kind`,
    );
    expect([...secrets]).toEqual([
      { kind: "SRT_PASSPHRASE", is_generated: true },
      { kind: "STREAM_KEY", is_generated: true },
    ]);
  });
});
