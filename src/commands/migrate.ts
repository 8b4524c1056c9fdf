import { sql } from "drizzle-orm";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const migrateCommand: Command = {
  name: "migrate",
  parameters: [],
  options: [],
  summary: "Bring the database to this release's tables; a start does it by itself.",
  async run({ environment, print }) {
    await withDatabase(environment(), async ({ executor }) => {
      const [row] = await executor.execute<{ count: number }>(sql`select count(*)::int as count from drizzle.__drizzle_migrations`);
      print(`The database is up to date: ${row?.count ?? 0} ${row?.count === 1 ? "migration is" : "migrations are"} applied.`);
    });
    return 0;
  },
};
