import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage } from "../../src/database/keyset.ts";
import { decodeKeysetCursor, encodeKeysetCursor, parsePage, toConnection, type ListOrder } from "../../src/graphql/connection.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const BY_TEXT: ListOrder = { name: "NAME:ASC", keyType: "text" };
const BY_TIME: ListOrder = { name: "CREATED_AT:DESC", keyType: "timestamptz" };

const refused = expect.objectContaining({ code: "BAD_USER_INPUT" });

describe("paging arguments", () => {
  it("default to the first fifty", () => {
    expect(parsePage({}, BY_TEXT)).toEqual({ limit: 50, isBackward: false, after: null, before: null });
    expect(parsePage({ first: null, last: 7 }, BY_TEXT)).toMatchObject({ limit: 7, isBackward: true });
  });

  it.each([{ first: 0 }, { first: 101 }, { last: -1 }, { first: 1, last: 1 }, { after: "x" }, { before: "" }, { after: "WyJhIl0" }])(
    "%j are refused",
    (given) => {
      expect(() => parsePage(given, BY_TEXT)).toThrow(refused);
    },
  );

  it("refuse cursors of another order, and keys that are no values of this one", () => {
    expect(() => parsePage({ after: encodeKeysetCursor({ key: "a", id: "x_1" }, BY_TEXT) }, BY_TIME)).toThrow(refused);
    for (const key of ["yesterday", 7, "2026-01-01T00:00:00", "2026-99-01T00:00:00Z"]) {
      expect(() => parsePage({ after: encodeKeysetCursor({ key, id: "x_1" }, BY_TIME) }, BY_TIME)).toThrow(refused);
    }
    for (const key of ["a\u0000", "\ud800", 7]) {
      expect(() => parsePage({ after: encodeKeysetCursor({ key, id: "x_1" }, BY_TEXT) }, BY_TEXT)).toThrow(refused);
    }
  });

  it("refuse every text that is no cursor", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeKeysetCursor(text, BY_TEXT)).toThrow(refused);
      }),
    );
  });
});

describe("pages of a list in the database", () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await openTestDatabase();
    await test.database.executor.execute(sql`create table listed (id text collate "C" primary key, key text collate "C" not null)`);
  });
  afterAll(() => test.close());

  async function read(page: KeysetPage, order: ListOrder, isDescending: boolean) {
    const keyset = { key: sql`key`, id: sql`id`, isDescending };
    const found = await test.database.executor.execute<{ id: string; key: string }>(sql`
      select id, key from listed where ${keysetCondition(keyset, page) ?? sql`true`} order by ${keysetOrderBy(keyset, page)} limit ${keysetLimit(page)}`);
    return toConnection({
      page: takePage([...found], page),
      order,
      position: (row) => row,
      present: (row) => row.id,
      totalCount: found.length,
    });
  }

  it("put together are the list, in both directions and orders, ties and all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("a", "b", "ä", "B", ""), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.boolean(),
        async (keys, size, isDescending, isBackward) => {
          const rows = keys.map((key, index) => ({ id: `row_${String.fromCharCode(97 + index)}`, key }));
          await test.database.executor.execute(sql`truncate listed`);
          if (rows.length > 0)
            await test.database.executor.execute(
              sql`insert into listed select id, key from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r(id text, key text)`,
            );
          const whole = (await read(parsePage({ first: 100 }, BY_TEXT), BY_TEXT, isDescending)).nodes;
          expect(whole).toHaveLength(rows.length);
          const collected: string[] = [];
          let edge: string | null = null;
          for (let hasMore = true; hasMore;) {
            const page = await read(
              parsePage(isBackward ? { last: size, before: edge } : { first: size, after: edge }, BY_TEXT),
              BY_TEXT,
              isDescending,
            );
            if (isBackward) collected.unshift(...page.nodes);
            else collected.push(...page.nodes);
            hasMore = isBackward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
            edge = isBackward ? page.pageInfo.startCursor : page.pageInfo.endCursor;
            expect(page.nodes.length).toBeLessThanOrEqual(size);
          }
          expect(collected).toEqual(whole);
        },
      ),
      { numRuns: 40 },
    );
  });
});
