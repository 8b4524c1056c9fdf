import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eachRow } from "../../src/database/each-row.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

async function numbersTo(last: number, onNumber: (number: number) => void): Promise<void> {
  const statement = sql`select n, ${"text"}::text from generate_series(1, ${last}::integer) as n`;
  await eachRow<readonly [number, string]>(test.database.executor, statement, ([number]) => onNumber(number));
}

async function count(last: number): Promise<number> {
  let rows = 0;
  await numbersTo(last, () => (rows += 1));
  return rows;
}

it("gives rows in their order before the last one is made", async () => {
  const numbers: number[] = [];
  let turns = 0;
  const watch = setInterval(() => (turns += numbers.length > 0 && numbers.length < 200_000 ? 1 : 0), 0);
  await numbersTo(200_000, (number) => numbers.push(number));
  clearInterval(watch);
  expect(numbers).toEqual(Array.from({ length: 200_000 }, (_, index) => index + 1));
  expect(turns).toBeGreaterThan(0);
});

it("tells what its reader throws, and leaves the connection in order", async () => {
  const failure = new Error("It is enough");
  const stop = (): never => {
    throw failure;
  };
  for (let round = 0; round < 20; round += 1) await expect(numbersTo(5_000, stop)).rejects.toBe(failure);
  expect(await Promise.all(Array.from({ length: 20 }, () => count(500)))).toEqual(Array.from({ length: 20 }, () => 500));
});

it("fails with what PostgreSQL refuses, in the middle too, without the values", async () => {
  const rows: number[] = [];
  const statement = sql`select 1 / (${7_000}::integer - n) from generate_series(1, 10000) as n`;
  const failed = eachRow<readonly [number]>(test.database.executor, statement, ([number]) => rows.push(number));
  await expect(failed).rejects.toThrow(/^Failed: select 1 \/ \(\$1::integer - n\)/);
  expect(rows.length).toBeLessThan(7_000);
  expect(await count(3)).toBe(3);
});
