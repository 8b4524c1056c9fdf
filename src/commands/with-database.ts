import { openDatabase } from "../database/client.ts";
import type { Database } from "../database/database.ts";
import { reachDatabaseServer } from "../database/database-server.ts";
import { migrateDatabase } from "../database/migrate.ts";
import type { Environment } from "../environment.ts";
import { createLog } from "../shared/log.ts";

/** Runs a command against the migrated database: beside a gateway that runs, else with the embedded one started for it. */
export async function withDatabase<T>(environment: Environment, work: (database: Database) => Promise<T>): Promise<T> {
  const log = createLog({ level: "silent" });
  const server = await reachDatabaseServer({ url: environment.databaseUrl, dataDirectory: environment.dataDirectory, log });
  try {
    await migrateDatabase(server.address);
    const database = openDatabase({ address: server.address, log, applicationName: "headend command", maxConnections: 2 });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await server.close();
  }
}
