import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterEach, expect, inject, it } from "vitest";
import { migrateDatabase } from "../../src/database/migrate.ts";

const database = `test_${randomBytes(6).toString("hex")}`;

async function ask(name: string, statement: string): Promise<readonly unknown[]> {
  const { socketDirectory, ...rest } = inject("postgres");
  const connection = postgres({ ...rest, host: socketDirectory, database: name, max: 1, onnotice: () => undefined });
  try {
    return [...(await connection.unsafe(statement).values())];
  } finally {
    await connection.end({ timeout: 1 });
  }
}

afterEach(() => ask("postgres", `drop database if exists ${database} with (force)`));

it("brings an empty database up to date once, whoever of three is first", async () => {
  await ask("postgres", `create database ${database}`);
  const address = { ...inject("postgres"), database };
  await Promise.all([migrateDatabase(address), migrateDatabase(address), migrateDatabase(address)]);
  await migrateDatabase(address);
  const applied = "select count(*) = count(distinct name) and count(*) > 0 from drizzle.__drizzle_migrations";
  expect(await ask(database, applied)).toEqual([[true]]);
  expect(
    await ask(database, "select to_regclass('sessions') is not null, count(*)::int from pg_locks where locktype = 'advisory'"),
  ).toEqual([[true, 0]]);
});
