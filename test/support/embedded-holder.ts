// Holds the data directory given in its first argument until it is killed; prints the pid of its PostgreSQL, or why it did not start.
import { startEmbeddedPostgres } from "../../src/database/embedded-postgres.ts";

try {
  const { pid } = await startEmbeddedPostgres({ dataDirectory: process.argv[2] ?? "" });
  process.stdout.write(`${pid}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
