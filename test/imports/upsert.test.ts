import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { exportSessionsCsv } from "../../src/imports/export-sessions-csv.ts";
import { importSessionsCsv, type ImportSessionsCsvInput } from "../../src/imports/import-sessions-csv.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { FAILOVER, FILE, HLS_INPUT, HTTP, MULTICAST, SRT_INPUT, type Row } from "./facts.ts";

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
  await insertTemplate(context, "Other");
});

const fileOf = (...rows: readonly Row[]) => {
  const header = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return writeCsv(
    header,
    rows.map((row) => header.map((name) => row[name] ?? "")),
  );
};
const create = async (...rows: readonly Row[]) => expect((await importCsv(fileOf(...rows), { mode: "CREATE" })).errors).toEqual([]);
const importCsv = (csv: string, rest: Partial<ImportSessionsCsvInput> = {}) =>
  importSessionsCsv(context, { csv, dryRun: false, mode: "UPSERT", ...rest });
const upsert = (...rows: readonly Row[]) => importCsv(fileOf(...rows));
const exportCsv = async (includeSecrets = true) => (await exportSessionsCsv(context, { selection: null, includeSecrets })).csv;
const outcomes = (result: Awaited<ReturnType<typeof importCsv>>) => result.sessions.map(({ outcome, changed }) => [outcome, ...changed]);
const codes = (result: Awaited<ReturnType<typeof importCsv>>) => result.errors.map(({ row, column, code }) => [row, column, code]);
const versions = async () => {
  const rows = await test.database.executor.execute<{ name: string; version: number }>(
    sql`select name, version from sessions where organization_id = ${context.actor.organizationId} order by name`,
  );
  return Object.fromEntries(rows.map(({ name, version }) => [name, version]));
};
const secretsOf = async () => [
  ...(await test.database.executor.execute(
    sql`select x.id, kind, is_generated from secrets x join sessions s on s.id = x.session_id where organization_id = ${context.actor.organizationId} order by kind`,
  )),
];
/** The cells of the only session of an export with secrets, by header. */
async function onlyRow(): Promise<Record<string, string>> {
  const [header = "", , row = ""] = (await exportCsv()).split("\r\n");
  const cells = row.split(",");
  return Object.fromEntries(header.split(",").map((name, index) => [name, cells[index] ?? ""]));
}

const KEY = "input_settings-custom_stream_key";
const PASSPHRASE = "input_settings-srt_passphrase";
const ENCRYPTION = "input_settings-enable_srt_encryption";

describe("an UPSERT", () => {
  it("creates, changes what differs, and leaves what does not", async () => {
    await create({ ...HTTP, name: "A" }, { ...HTTP, name: "B" });
    const result = await upsert(
      { ...HTTP, name: "A" },
      { ...HTTP, name: "B", description: "new", "input_urls-a": "udp://239.1.0.9:5000" },
      { ...HTTP, name: "C" },
    );
    expect(result).toMatchObject({ imported: true, errors: [], rowCount: 3 });
    expect(outcomes(result)).toEqual([["UNCHANGED"], ["UPDATED", "description", "input_urls-a"], ["CREATED"]]);
    expect(await versions()).toEqual({ A: 1, B: 2, C: 1 });
    const changes = await test.database.executor.execute<{ kind: string }>(
      sql`select kind from changes where organization_id = ${context.actor.organizationId} order by id`,
    );
    expect(changes.map(({ kind }) => kind)).toEqual(["CREATED", "CREATED", "CREATED", "UPDATED"]);
  });

  it("leaves everything of its own export as it is, secrets or not", async () => {
    await create(
      { ...FAILOVER, name: "failover", "input_settings-failover_recovery_interval_seconds": "-1" },
      { ...SRT_INPUT, name: "push", [ENCRYPTION]: "TRUE", [PASSPHRASE]: "very secret phrase", [KEY]: "very-secret-key" },
      { ...HLS_INPUT, name: "url", "input_urls-a": "https://operator:hunter2@example.com/live.m3u8" },
      { ...MULTICAST, name: "=multicast" },
      { ...FILE, name: "file" },
    );
    const before = await exportCsv();
    const secrets = await secretsOf();
    for (const includeSecrets of [true, false]) {
      const csv = (await exportCsv(includeSecrets)).replaceAll(/Comment - [^,"]*/g, "");
      const result = await importCsv(csv);
      expect(result.errors).toEqual([]);
      expect(outcomes(result)).toEqual(Array.from({ length: 5 }, () => ["UNCHANGED"]));
      expect(result.cursor).toBeNull();
    }
    expect(await exportCsv()).toBe(before);
    expect(await secretsOf()).toEqual(secrets);
  });

  it("leaves a column that is not in the file, and clears an empty cell", async () => {
    await create({ ...FAILOVER, name: "A", description: "old", "input_settings-failover_error_threshold_percent": "3.5" });
    const required = { name: "A", input_type: "multicast_pull", output_type: "http", output_name: "Main", template_name: "One" };
    expect(outcomes(await upsert(required))).toEqual([["UNCHANGED"]]);
    expect(outcomes(await upsert({ ...required, description: "" }))).toEqual([["UPDATED", "description"]]);
    expect(outcomes(await upsert({ ...required, "input_urls-b": "" }))).toEqual([
      ["UPDATED", "input_urls-b", "input_settings-failover_recovery_interval_seconds", "input_settings-failover_error_threshold_percent"],
    ]);
    expect(await onlyRow()).toMatchObject({ description: "", "input_urls-b": "", "input_urls-a": "udp://239.1.0.134:5000" });
  });

  it("leaves an empty secret, writes a given one, and makes one where encryption begins", async () => {
    await create({ ...SRT_INPUT, name: "A", [KEY]: "very-secret-key" });
    const row = { ...SRT_INPUT, name: "A", [KEY]: "", [PASSPHRASE]: "", [ENCRYPTION]: "FALSE" };
    expect(outcomes(await upsert(row))).toEqual([["UNCHANGED"]]);
    expect(outcomes(await upsert({ ...row, [ENCRYPTION]: "TRUE" }))).toEqual([["UPDATED", ENCRYPTION]]);
    expect(await secretsOf()).toMatchObject([
      { kind: "SRT_PASSPHRASE", is_generated: true },
      { kind: "STREAM_KEY", is_generated: false },
    ]);
    expect(outcomes(await upsert({ ...row, [ENCRYPTION]: "TRUE", [PASSPHRASE]: "another phrase", [KEY]: "another-key" }))).toEqual([
      ["UPDATED", KEY, PASSPHRASE],
    ]);
    expect(await onlyRow()).toMatchObject({ [KEY]: "another-key", [PASSPHRASE]: "another phrase" });
    expect(outcomes(await upsert({ ...row, [ENCRYPTION]: "" }))).toEqual([["UPDATED", PASSPHRASE, ENCRYPTION]]);
    expect(await secretsOf()).toMatchObject([{ kind: "STREAM_KEY" }]);
  });

  it("lets a masked URL stay, and refuses a mask on another host", async () => {
    await create({ ...HLS_INPUT, name: "A", "input_urls-a": "https://operator:hunter2@example.com/live.m3u8" });
    const masked = "https://••••••••@example.com/live.m3u8";
    expect(outcomes(await upsert({ ...HLS_INPUT, name: "A", "input_urls-a": masked, description: "x" }))).toEqual([
      ["UPDATED", "description"],
    ]);
    expect((await onlyRow())["input_urls-a"]).toBe("https://operator:hunter2@example.com/live.m3u8");
    const moved = await upsert({ ...HLS_INPUT, name: "A", "input_urls-a": masked.replace("example.com", "evil.example") });
    expect(codes(moved)).toEqual([[2, "input_urls-a", "INVALID_URL"]]);
    expect(JSON.stringify(moved)).not.toContain("hunter2");
  });

  it("changes a template and the spelling of a name", async () => {
    await create({ ...HTTP, name: "channel" });
    expect(outcomes(await upsert({ ...HTTP, name: "CHANNEL", template_name: "other" }))).toEqual([["UPDATED", "name", "template_name"]]);
    expect(await onlyRow()).toMatchObject({ name: "CHANNEL", template_name: "Other" });
  });

  it("needs STOPPED for the input and the output, and for nothing else", async () => {
    await create({ ...HTTP, name: "A" }, { ...HTTP, name: "B" });
    await test.database.executor.execute(
      sql`update sessions set status = 'RUNNING', desired_status = 'RUNNING' where organization_id = ${context.actor.organizationId}`,
    );
    expect(outcomes(await upsert({ ...HTTP, name: "A", description: "live" }, { ...HTTP, name: "B" }))).toEqual([
      ["UPDATED", "description"],
      ["UNCHANGED"],
    ]);
    const refused = await upsert(
      { ...HTTP, name: "A", description: "x" },
      { ...HTTP, name: "B", output_name: "Renamed", "input_urls-a": "udp://239.1.0.9:5000" },
    );
    expect(codes(refused)).toEqual([
      [3, "output_name", "SESSION_NOT_STOPPED"],
      [3, "input_urls-a", "SESSION_NOT_STOPPED"],
    ]);
    expect(await versions()).toEqual({ A: 2, B: 1 });
  });

  it("never changes the type of an input or an output", async () => {
    await create({ ...HTTP, name: "A" }, { ...HTTP, name: "B" });
    expect(codes(await upsert({ ...HLS_INPUT, name: "A" }, { ...MULTICAST, name: "B" }))).toMatchObject([
      [2, "input_type", "INPUT_TYPE_FIXED"],
      [3, "output_type", "INVALID_VALUE"],
    ]);
  });

  it("tells what would change in a dry run, and writes nothing", async () => {
    await create({ ...HTTP, name: "A" });
    const result = await importCsv(fileOf({ ...HTTP, name: "A", description: "x" }, { ...HTTP, name: "B" }), { dryRun: true });
    expect(result).toMatchObject({ imported: false, dryRun: true, cursor: null });
    expect(result.sessions).toMatchObject([
      { outcome: "UPDATED", changed: ["description"], id: null },
      { outcome: "CREATED", id: null },
    ]);
    expect(await versions()).toEqual({ A: 1 });
  });

  it("is all or nothing", async () => {
    await create({ ...HTTP, name: "A" });
    const result = await upsert(
      { ...HTTP, name: "A", description: "x" },
      { ...HTTP, name: "B", output_type: "htpp" },
      { ...HTTP, name: "a" },
    );
    expect(codes(result)).toEqual([
      [3, "output_type", "UNKNOWN_TYPE"],
      [4, "name", "DUPLICATE_NAME"],
    ]);
    expect(await versions()).toEqual({ A: 1 });
  });

  it("replays under its key with what it did", async () => {
    await create({ ...HTTP, name: "A" });
    const csv = fileOf({ ...HTTP, name: "A", description: "x" });
    const first = await importCsv(csv, { idempotencyKey: "once" });
    expect(outcomes(first)).toEqual([["UPDATED", "description"]]);
    expect(await importCsv(csv, { idempotencyKey: "once" })).toEqual(first);
    await expect(importCsv(csv, { idempotencyKey: "once", mode: "CREATE" })).rejects.toMatchObject({
      errors: [{ code: "IDEMPOTENCY_KEY_REUSED" }],
    });
  });

  it("takes the same number of statements for one row as for many", async () => {
    const rows = (count: number, description: string) =>
      Array.from({ length: count }, (_, index) => ({
        ...SRT_INPUT,
        name: `Channel ${index}`,
        description,
        [KEY]: `key-number-${description}`,
      }));
    await create(...rows(400, "first"));
    const during = async (count: number, description: string) => {
      statements.length = 0;
      const result = await upsert(...rows(count, description), { ...SRT_INPUT, name: `New ${description}`, [KEY]: "" });
      expect(outcomes(result).filter(([outcome]) => outcome === "UPDATED")).toHaveLength(count);
      return statements.length;
    };
    const one = await during(1, "second");
    expect(await during(400, "third-one")).toBe(one);
    expect(one).toBeLessThanOrEqual(18);
  });

  it("edits thousands in parts, always as many, so that none of its statements comes near its timeout", async () => {
    const rows = (count: number, description: string) =>
      Array.from({ length: count }, (_, index) => ({ ...HTTP, name: `Channel ${index}`, description }));
    await create(...rows(2_000, "first"));
    const during = async (count: number, description: string) => {
      statements.length = 0;
      expect(await upsert(...rows(count, description))).toMatchObject({ imported: true, rowCount: count });
      return statements.length;
    };
    await test.database.executor.execute(sql`create table edited (count integer)`);
    await test.database.executor.execute(sql`
      create function count_edited() returns trigger language plpgsql as 'begin insert into edited select count(*) from new_rows; return null; end'`);
    await test.database.executor.execute(sql`
      create trigger count_edited after update on sessions referencing new table as new_rows for each statement execute function count_edited()`);
    try {
      const some = await during(1_200, "second");
      await test.database.executor.execute(sql`truncate edited`);
      expect(await during(2_000, "third")).toBe(some);
      const [row] = await test.database.executor.execute(
        sql`select max(count)::integer as most, sum(count)::integer as all_of_them, (select count(*)::integer from sessions where description = 'third') as third from edited`,
      );
      expect(row).toEqual({ most: 500, all_of_them: 2_000, third: 2_000 });
    } finally {
      await test.database.executor.execute(sql`drop function count_edited cascade`);
      await test.database.executor.execute(sql`drop table edited`);
    }
  });
});
