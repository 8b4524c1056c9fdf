import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import { openDatabase, type DatabaseOptions } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import type { SocketAddress } from "../../src/database/embedded-postgres.ts";
import { createLog } from "../../src/shared/log.ts";

export interface TestDatabase {
  readonly database: Database;
  /** For further clients of the same database. */
  readonly address: SocketAddress;
  /** The same as a connection URL, for processes that take DATABASE_URL. */
  readonly url: string;
  /** Ends the client and drops the database. */
  readonly close: () => Promise<void>;
}

/** A migrated database of its own and a client for it; call it once per test file, in `beforeAll`. */
export async function openTestDatabase(options: Pick<DatabaseOptions, "onStatement"> = {}): Promise<TestDatabase> {
  const { address, url, drop } = await createTestDatabase();
  const database = openDatabase({ address, log: createLog({ level: "silent" }), ...options });
  return {
    database,
    address,
    url,
    async close() {
      await database.close();
      await drop();
    },
  };
}

/** A migrated database of its own, with nothing connected to it. */
export async function createTestDatabase(): Promise<Pick<TestDatabase, "address" | "url"> & { readonly drop: () => Promise<void> }> {
  const server = inject("postgres");
  const address = { ...server, database: `test_${randomBytes(6).toString("hex")}` };
  await asAdministrator(`create database ${address.database} template template_migrated strategy file_copy`);
  return { address, url: databaseUrl(address), drop: () => asAdministrator(`drop database if exists ${address.database} with (force)`) };
}

/** As libpq writes it. */
export function databaseUrl({ socketDirectory, port, user, database }: SocketAddress): string {
  return `postgres://${user}@${encodeURIComponent(socketDirectory)}:${port}/${database}`;
}

async function asAdministrator(statement: string): Promise<void> {
  const { socketDirectory, ...rest } = inject("postgres");
  const connection = postgres({ ...rest, host: socketDirectory, max: 1, onnotice: () => undefined });
  try {
    await connection.unsafe(statement);
  } finally {
    await connection.end({ timeout: 1 });
  }
}
