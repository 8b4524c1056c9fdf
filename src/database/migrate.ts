import { join } from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { packageRoot } from "../shared/package.ts";
import { openConnections, type DatabaseAddress } from "./connection.ts";
import { StartError } from "../shared/start-error.ts";

/** Any number that nothing else in the database locks. */
const MIGRATION_LOCK = 4_204_710;

/** The oldest release that knows all that our SQL uses. */
export const OLDEST_SERVER_VERSION = 150_000;

/**
 * Brings the database to this release's tables. Several processes may call it at the same time: they take turns under an
 * advisory lock, on a connection of its own that knows no time limit.
 */
export async function migrateDatabase(address: DatabaseAddress): Promise<void> {
  const connection = openConnections(address, { applicationName: "headend migrate", maxConnections: 1, statementTimeoutMilliseconds: 0 });
  try {
    const [server] = await connection.unsafe<{ version: string; name: string }[]>(
      "select current_setting('server_version_num') as version, current_setting('server_version') as name",
    );
    if (Number(server?.version) < OLDEST_SERVER_VERSION) {
      throw new StartError(`The database is PostgreSQL ${server?.name}; Headend needs 15 or newer. Set DATABASE_URL to a newer one.`);
    }
    await connection.unsafe(`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(drizzle({ client: connection, paramsInErrors: false }), { migrationsFolder: join(packageRoot(), "drizzle") });
  } finally {
    // The lock goes with its connection.
    await connection.end({ timeout: 1 });
  }
}
