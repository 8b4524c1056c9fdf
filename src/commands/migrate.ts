import type { Command } from "./command.ts";

export const migrateCommand: Command = {
  name: "migrate",
  parameters: [],
  options: [],
  summary: "Bring the database to this release's tables; a start does it by itself.",
  async run({ environment, print }) {
    const { sql } = await import("drizzle-orm");
    const { withDatabase } = await import("./with-database.ts");
    await withDatabase(await environment(), async ({ executor }) => {
      const [row] = await executor.execute<{ count: number }>(sql`select count(*)::int as count from drizzle.__drizzle_migrations`);
      print(`The database is up to date: ${row?.count ?? 0} ${row?.count === 1 ? "migration is" : "migrations are"} applied.`);
    });
    return 0;
  },
};
