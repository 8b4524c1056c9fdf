// Starts a PostgreSQL, freezes it, prints its pid, and waits to be killed: what it froze has to end all the same.
import { startOwnPostgres } from "./own-postgres.ts";

const postgres = await startOwnPostgres();
postgres.signal("SIGSTOP");
process.stdout.write(`${postgres.server.pid}\n`);
setInterval(() => undefined, 60_000);
