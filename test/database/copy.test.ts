import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyRows } from "../../src/database/copy-rows.ts";
import { toCopyText } from "../../src/database/copy-text.ts";
import type { ColumnTypes } from "../../src/database/row-set.ts";
import { sqlState } from "../../src/database/sql-state.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const statements: string[] = [];
let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase({ onStatement: (statement) => statements.push(statement) });
  await test.database.executor.execute(sql`
    create table copied (place integer primary key, text text unique, number double precision, boolean boolean, list text[], json jsonb, bytes bytea, constant text)`);
});
afterAll(() => test.close());

const TYPES = {
  place: "integer",
  text: "text",
  number: "double precision",
  boolean: "boolean",
  list: "text[]",
  json: "jsonb",
  bytes: "bytea",
} as const satisfies ColumnTypes;
const NOTHING = { text: null, number: null, boolean: null, list: null, json: null, bytes: null };
type Row = Readonly<Record<keyof typeof TYPES, unknown>>;

const copy = (rows: readonly Row[], constant = "") =>
  test.database.transaction("copy", async (transaction) => {
    await copyRows(transaction, {
      table: "copied",
      columns: [...Object.keys(TYPES), "constant"],
      rows: toCopyText(rows, TYPES, [constant]),
    });
  });
const count = async () =>
  (await test.database.executor.execute<{ count: number }>(sql`select count(*)::int as count from copied`))[0]?.count;
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe("rows that are copied", () => {
  it("are there as they were given, whatever their texts", async () => {
    const special = fc.constantFrom("\\", "\\N", "\t", "\n", "\r", "\\.", "\\.\n", '"', "{", "}", ",", "NULL", "\u2028", "😀", "\x1f", "");
    const text = fc.oneof(
      fc.array(special).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }).filter((given) => !given.includes("\0") && given.isWellFormed()),
    );
    const row = fc.record({
      text: fc.option(text),
      number: fc.option(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())),
      boolean: fc.option(fc.boolean()),
      list: fc.option(fc.array(text, { maxLength: 4 })),
      json: fc.option(fc.record({ text, list: fc.array(text, { maxLength: 2 }) })),
      bytes: fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64"))),
    });
    const rows = fc.uniqueArray(row, { maxLength: 20, selector: (each) => each.text ?? Symbol("null") });
    await fc.assert(
      fc.asyncProperty(rows, text, async (given, constant) => {
        await test.database.executor.execute(sql`truncate copied`);
        await copy(
          given.map((each, place) => ({ ...each, place })),
          constant,
        );
        const found = await test.database.executor.execute<Row>(
          sql`select text, number, boolean, list, json, replace(encode(bytes, 'base64'), E'\n', '') as bytes, constant from copied order by place`,
        );
        // PostgreSQL has one zero.
        const expected = given.map((each) => ({ ...each, number: each.number === null ? null : each.number + 0, constant }));
        expect([...found]).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it("may be far more than a socket takes at once, as one statement", async () => {
    await test.database.executor.execute(sql`truncate copied`);
    const text = randomBytes(5_000).toString("hex");
    statements.length = 0;
    await copy(Array.from({ length: 2_000 }, (_, place) => ({ ...NOTHING, place, json: text })));
    expect(statements).toHaveLength(1);
    expect(await count()).toBe(2_000);
  });
});

describe("rows that are refused", () => {
  it.each([
    ["the last one", 3_000, "23505"],
    ["one of another type", "x", "22P02"],
  ])("for %s leave nothing, are told with PostgreSQL's code, and leave the connection in order", async (_what, place, code) => {
    await test.database.executor.execute(sql`truncate copied`);
    const rows = Array.from({ length: 3_000 }, (_, index) => ({ ...NOTHING, place: index + 1, text: "secret".repeat(50) + index }));
    const error = await failure(copy([...rows, { ...NOTHING, place, text: "hunter2" }]));
    expect(sqlState(error)).toBe(code);
    expect(String(error)).not.toMatch(/hunter2|secret/);
    expect(await count()).toBe(0);
    // Every connection of the pool, one of which saw the failure.
    await Promise.all(Array.from({ length: 10 }, (_, index) => copy([{ ...NOTHING, place: index }])));
    expect(await count()).toBe(10);
  });

  it("early, long before all of them were sent, are told as well", async () => {
    await test.database.executor.execute(sql`truncate copied`);
    const json = "x".repeat(10_000);
    const rows = Array.from({ length: 3_000 }, (_, place) => ({ ...NOTHING, place: place === 0 ? "first" : place, json }));
    expect(sqlState(await failure(copy(rows)))).toBe("22P02");
    await copy([{ ...NOTHING, place: 1 }]);
    expect(await count()).toBe(1);
  });

  it("because the connection ends, are told at once", async () => {
    await test.database.executor.execute(sql`truncate copied`);
    await copy([{ ...NOTHING, place: 1, text: "held" }]);
    const isCopying = async () => {
      const [row] = await test.database.executor.execute<{ pid: number }>(
        sql`select pid from pg_stat_activity where datname = current_database() and query like 'copy copied%' and state = 'active'`,
      );
      return row?.pid ?? null;
    };
    await test.database.transaction("hold", async (transaction) => {
      await transaction.execute(sql`update copied set text = 'changing' where place = 1`);
      // The value is free for nobody until this transaction ends, so that the copy waits for it after its last byte.
      const copying = failure(copy([{ ...NOTHING, place: 2, text: "held" }]));
      await expect.poll(isCopying, { timeout: 4_000, interval: 10 }).not.toBeNull();
      const start = performance.now();
      await test.database.executor.execute(sql`select pg_terminate_backend(${await isCopying()}::int)`);
      expect(await copying).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect(performance.now() - start).toBeLessThan(3_000);
    });
    await copy([{ ...NOTHING, place: 2, text: "held" }]);
    expect(await count()).toBe(2);
  });
});
