import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { exportSessionsCsv } from "../../src/imports/export-sessions-csv.ts";
import { importSessionsCsv, type ImportSessionsCsvInput } from "../../src/imports/import-sessions-csv.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { HTTP } from "./facts.ts";

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

const HEADER = Object.keys(HTTP);
const rowOf = (changes: object) => Object.values({ ...HTTP, ...changes });
const fileOf = (...rows: object[]) => writeCsv(HEADER, rows.map(rowOf));
const manyNamed = (count: number, prefix = "Channel") =>
  fileOf(...Array.from({ length: count }, (_, index) => ({ name: `${prefix} ${index}` })));
const importCsv = (csv: string, rest: Partial<ImportSessionsCsvInput> = {}, by = context) =>
  importSessionsCsv(by, { csv, dryRun: false, ...rest });

async function count(): Promise<readonly number[]> {
  const { organizationId } = context.actor;
  const [row] = await test.database.executor.execute<Record<"sessions" | "playbacks" | "changes" | "keys", number>>(sql`
    select (select count(*)::int from sessions where organization_id = ${organizationId}) as sessions,
      (select count(*)::int from playbacks p join sessions s on s.id = p.session_id where organization_id = ${organizationId}) as playbacks,
      (select count(*)::int from changes where organization_id = ${organizationId}) as changes,
      (select count(*)::int from idempotency_keys where organization_id = ${organizationId}) as keys`);
  return row ? [row.sessions, row.playbacks, row.changes, row.keys] : [];
}

describe("an import", () => {
  it("creates one session for each row, and answers each by its row", async () => {
    const csv = writeCsv(
      ["comment", ...HEADER],
      [
        ["Release 1", ...HEADER.map(() => "")],
        ["", ...rowOf({ name: "B" })],
        ["Comment - no", ...rowOf({})],
        ["", ...rowOf({ name: " a " })],
      ],
    );
    const result = await importCsv(csv, { region: "north" });
    expect(result).toMatchObject({
      imported: true,
      dryRun: false,
      rowCount: 2,
      skippedRowCount: 2,
      errors: [],
      errorCount: 0,
      errorsTruncated: false,
      errorCsv: null,
      userErrors: [],
      skippedRows: [{ row: 2 }, { row: 4 }],
      sessions: [
        { row: 3, name: "B", outcome: "CREATED", changed: [] },
        { row: 5, name: "a", outcome: "CREATED", changed: [] },
      ],
    });
    expect(result.cursor).toEqual(expect.any(String));
    const rows = await test.database.executor.execute(sql`
      select id, stream_id as "streamId", name, region, status, last_command_verb as verb from sessions where organization_id = ${context.actor.organizationId} order by id`);
    expect([...rows]).toEqual(
      result.sessions.map(({ id, streamId, name }) => ({ id, streamId, name, region: "north", status: "STOPPED", verb: "IMPORT" })),
    );
    expect(await count()).toEqual([2, 2, 2, 0]);
  });

  it("creates nothing when one row is bad, and tells every error", async () => {
    const result = await importCsv(fileOf({ name: "A" }, { name: "a" }, { output_type: "x" }, { name: "" }));
    expect(result).toMatchObject({ imported: false, sessions: [], rowCount: 4, errorCount: 3, cursor: null });
    expect(result.errors.map(({ row, column, code }) => [row, column, code])).toEqual([
      [3, "name", "DUPLICATE_NAME"],
      [4, "output_type", "UNKNOWN_TYPE"],
      [5, "name", "REQUIRED"],
    ]);
    expect(result.userErrors).toEqual([
      { code: "CSV_INVALID", message: "The file has 3 errors. Nothing was imported.", path: ["input", "csv"] },
    ]);
    expect(result.errorCsv).toMatch(/row 2 has this name/);
    expect(await count()).toEqual([0, 0, 0, 0]);
  });

  it("of names that are there already is refused, each told", async () => {
    await importCsv(manyNamed(3));
    const result = await importCsv(fileOf({ name: "CHANNEL 2" }, { name: "new" }, { name: "channel 0" }));
    expect(result.errors.map(({ row, column, value, code }) => [row, column, value, code])).toEqual([
      [2, "name", "CHANNEL 2", "NAME_EXISTS"],
      [4, "name", "channel 0", "NAME_EXISTS"],
    ]);
  });

  it("leaves the names of other organizations alone", async () => {
    const other = await createTestContext(test.database);
    await insertTemplate(other, "One");
    expect((await importCsv(manyNamed(2), {}, other)).imported).toBe(true);
    expect((await importCsv(manyNamed(2))).imported).toBe(true);
  });

  it("that is dry checks the same and writes nothing", async () => {
    const result = await importCsv(manyNamed(2), { dryRun: true, idempotencyKey: "dry" });
    expect(result).toMatchObject({ imported: false, dryRun: true, rowCount: 2, cursor: null, userErrors: [] });
    expect(result.sessions).toEqual([
      { row: 2, name: "Channel 0", id: null, streamId: null, outcome: "CREATED", changed: [] },
      { row: 3, name: "Channel 1", id: null, streamId: null, outcome: "CREATED", changed: [] },
    ]);
    expect(await count()).toEqual([0, 0, 0, 0]);
    await importCsv(manyNamed(1));
    const refused = await importCsv(manyNamed(2), { dryRun: true });
    expect(refused).toMatchObject({
      imported: false,
      dryRun: true,
      errors: [{ row: 2, code: "NAME_EXISTS" }],
      userErrors: [{ code: "CSV_INVALID" }],
    });
  });

  it("needs EDITOR", async () => {
    for (const accessLevel of ["VIEWER", "OPERATOR"] as const) {
      const caller = { ...context, actor: { ...context.actor, accessLevel } };
      await expect(importCsv(manyNamed(1), {}, caller)).rejects.toMatchObject({ errors: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
    }
  });

  it("takes a fixed number of statements, no more for many rows than for some, and fewer for one and for many errors", async () => {
    const during = async (csv: string) => {
      statements.length = 0;
      await importCsv(csv);
      return statements.length;
    };
    expect(await during(fileOf({ name: "first" }))).toBeLessThanOrEqual(9);
    const some = await during(manyNamed(50));
    expect(some).toBeLessThanOrEqual(24);
    await context.database.executor.execute(sql`delete from sessions`);
    expect(await during(manyNamed(500))).toBe(some);
    expect(await during(manyNamed(500))).toBeLessThanOrEqual(8);
  });
});

describe("two imports of the same names at once", () => {
  it("end with one that wins, and one that is told of every row", async () => {
    for (let round = 0; round < 5; round += 1) {
      const csv = manyNamed(50, `Round ${round}`);
      const results = await Promise.all([importCsv(csv), importCsv(csv)]);
      expect(results.filter((result) => result.imported)).toHaveLength(1);
      const loser = results.find((result) => !result.imported);
      expect(loser?.errors.map(({ row, column, code }) => [row, column, code])).toEqual(
        Array.from({ length: 50 }, (_, index) => [index + 2, "name", "NAME_EXISTS"]),
      );
      expect(loser?.userErrors.map(({ code }) => code)).toEqual(["CSV_INVALID"]);
    }
    expect((await count()).slice(0, 3)).toEqual([250, 250, 250]);
  });
});

describe("an idempotency key", () => {
  it("answers the second call as the first, without a second effect and without keeping a cell", async () => {
    const csv = manyNamed(2, "Sensitive");
    const first = await importCsv(csv, { idempotencyKey: "once" });
    const second = await importCsv(csv, { idempotencyKey: "once" });
    expect(second).toEqual(first);
    expect(await count()).toEqual([2, 2, 2, 1]);
    const [kept] = await test.database.executor.execute<{ text: string }>(
      sql`select idempotency_keys::text as text from idempotency_keys where organization_id = ${context.actor.organizationId}`,
    );
    expect(kept?.text).not.toMatch(/Sensitive|udp|239/);
  });

  it("refuses another file", async () => {
    await importCsv(manyNamed(1), { idempotencyKey: "once" });
    await expect(importCsv(manyNamed(2), { idempotencyKey: "once" })).rejects.toMatchObject({
      errors: [{ code: "IDEMPOTENCY_KEY_REUSED" }],
    });
  });

  it("is not used up by a rejected file", async () => {
    expect((await importCsv(fileOf({ name: "" }), { idempotencyKey: "once" })).imported).toBe(false);
    expect((await importCsv(fileOf({ name: "mended" }), { idempotencyKey: "once" })).imported).toBe(true);
  });

  it("answers both of two calls at once alike", async () => {
    const results = await Promise.all([1, 2, 3].map(() => importCsv(manyNamed(3), { idempotencyKey: "once" })));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect((await count())[0]).toBe(3);
  });
});

describe("an export", () => {
  it("holds the header, the release, and the sessions by name", async () => {
    await importCsv(fileOf({ name: "Channel 10" }, { name: "channel 2" }));
    const { csv, rowCount, commentedRowCount, filename } = await exportSessionsCsv(context, { selection: null, includeSecrets: false });
    const lines = csv.split("\r\n");
    expect(lines[0]).toMatch(/^comment,name,input_type,output_type,output_name,template_name,description,input_urls-a,/);
    expect(lines[1]).toMatch(/^Release Headend \d+\.\d+\.\d+,+$/);
    expect(lines.slice(2, 4).map((line) => line.split(",").slice(0, 6))).toEqual([
      ["", "channel 2", "multicast_pull", "http", "Main", "One"],
      ["", "Channel 10", "multicast_pull", "http", "Main", "One"],
    ]);
    expect([lines.length, lines[4], rowCount, commentedRowCount]).toEqual([5, "", 2, 0]);
    expect(filename).toMatch(/^sessions-\d{4}-\d\d-\d\d\.csv$/);
  });

  it("takes ids, a filter, or all, and nothing of another organization", async () => {
    const { sessions } = await importCsv(manyNamed(3));
    const stranger = await createTestContext(test.database);
    const ids = sessions.map(({ id }) => id ?? "");
    const rows = async (selection: Parameters<typeof exportSessionsCsv>[1]["selection"], by = context) =>
      (await exportSessionsCsv(by, { selection, includeSecrets: false })).rowCount;
    expect(await rows({ ids: [ids[2] ?? "", ids[0] ?? "", ids[0] ?? "", "nonsense", "\0"] })).toBe(2);
    expect(await rows({ filter: { search: "CHANNEL 1" } })).toBe(1);
    expect(await rows({ filter: {} })).toBe(3);
    expect(await rows(null)).toBe(3);
    expect(await rows({ ids }, stranger)).toBe(0);
    expect(await rows(null, stranger)).toBe(0);
  });

  it("gives secrets to EDITOR alone", async () => {
    for (const accessLevel of ["VIEWER", "OPERATOR"] as const) {
      const caller = { ...context, actor: { ...context.actor, accessLevel } };
      await expect(exportSessionsCsv(caller, { selection: null, includeSecrets: true })).rejects.toMatchObject({ code: "FORBIDDEN" });
      expect((await exportSessionsCsv(caller, { selection: null, includeSecrets: false })).rowCount).toBe(0);
    }
  });

  it("takes the same number of statements for one session as for many", async () => {
    const during = async () => {
      statements.length = 0;
      await exportSessionsCsv(context, { selection: null, includeSecrets: true });
      return statements.length;
    };
    expect(await during()).toBe(2);
    await importCsv(fileOf({ name: "first" }));
    // One more keeps who was given secrets.
    expect(await during()).toBe(3);
    await importCsv(manyNamed(300));
    expect(await during()).toBe(3);
  });
});

describe("a deadlock in the middle of an import", () => {
  it.each(["CREATE", "UPSERT"] as const)("is not seen in the mode %s: all of it is written by the next attempt", async (mode) => {
    await importCsv(fileOf({ name: "Channel 0" }));
    const csv = fileOf(...Array.from({ length: 500 }, (_, index) => ({ name: `Channel ${mode === "UPSERT" ? index : index + 1}` })));
    // A sequence counts on though a transaction is undone.
    await test.database.executor.execute(sql`create sequence meetings`);
    await test.database.executor.execute(sql`
      create function meet() returns trigger language plpgsql as
      'begin if nextval(''meetings'') = 1 then raise exception ''met'' using errcode = ''40P01''; end if; return null; end'`);
    await test.database.executor.execute(sql`create trigger meet after insert on changes for each statement execute function meet()`);
    try {
      const result = await importCsv(csv, { mode });
      expect(result).toMatchObject({ imported: true, rowCount: 500 });
      expect(result.sessions.filter(({ id, streamId }) => id !== null && streamId !== null)).toHaveLength(500);
      expect((await count()).slice(0, 3)).toEqual(mode === "CREATE" ? [501, 501, 501] : [500, 500, 500]);
    } finally {
      await test.database.executor.execute(sql`drop function meet cascade`);
      await test.database.executor.execute(sql`drop sequence meetings`);
    }
  });
});

describe("an export right after the export, deletion and import of thousands", () => {
  it("is as fast as ever, though PostgreSQL had looked at the empty tables in between", async () => {
    const csv = manyNamed(6_000);
    expect((await importCsv(csv)).imported).toBe(true);
    await test.database.executor.execute(sql`delete from sessions`);
    await test.database.executor.execute(sql`analyze`);
    expect((await importCsv(csv)).imported).toBe(true);
    const [row] = await test.database.executor.execute<{ count: number }>(
      sql`select min(reltuples)::int as count from pg_class where relname in ('sessions', 'playbacks')`,
    );
    expect(row?.count).toBeGreaterThanOrEqual(6_000);
    expect((await exportSessionsCsv(context, { selection: null, includeSecrets: true })).rowCount).toBe(6_000);
  });
});
