// A process that works against the database given in its first argument (JSON) as long as it lives, and prints one line for each
// second that anything succeeded in. It has to live through every restart of PostgreSQL.
import { sql } from "drizzle-orm";
import { openDatabase } from "../../src/database/client.ts";
import type { DatabaseAddress } from "../../src/database/connection.ts";
import { createLog } from "../../src/shared/log.ts";

const database = openDatabase({ address: JSON.parse(process.argv[2] ?? "") as DatabaseAddress, log: createLog({ level: "silent" }) });
let successes = 0;
await database.listen("load", { onNotification: () => undefined, onListening: () => undefined });

async function work(number: number): Promise<void> {
  for (;;) {
    try {
      if (number % 2 === 0) await database.executor.execute(sql`select ${number}::int, pg_sleep(0.002), ${"x".repeat(1500)}::text`);
      else {
        await database.transaction("load", async (transaction) => {
          await transaction.execute(sql`select ${number}::int, pg_sleep(0.002)`);
          await Promise.allSettled([
            transaction.execute(sql`select ${"y".repeat(1500)}::text`),
            transaction.execute(sql`select ${number}::int`),
          ]);
        });
      }
      if (number === 0) await database.notify("load");
      successes += 1;
    } catch {
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}

for (let number = 0; number < 24; number += 1) void work(number);
setInterval(() => {
  if (successes > 0) process.stdout.write(`${successes}\n`);
  successes = 0;
}, 50);
