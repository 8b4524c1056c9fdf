import { sql } from "drizzle-orm";
import { expect, it, onTestFinished } from "vitest";
import { appendChanges } from "../../src/changes/append-changes.ts";
import { currentCursor } from "../../src/changes/cursor.ts";
import { decodeCursor } from "../../src/changes/position.ts";
import { openDatabase } from "../../src/database/client.ts";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { createOrganization } from "../../src/organizations/create-organization.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { fanOut } from "../../src/webhooks/fan-out.ts";
import { startOwnPostgres } from "../support/own-postgres.ts";

it("sends cursors alone that a crash of PostgreSQL takes nothing back of, though its commits wait for no disk", async () => {
  const settings = { wal_writer_delay: "10s", synchronous_commit: "off" };
  const postgres = await startOwnPostgres({ isDurable: true, settings });
  await migrateDatabase(postgres.server.address);
  const database = openDatabase({ address: postgres.server.address, log: createLog({ level: "silent" }), maxConnections: 4 });
  onTestFinished(async () => {
    await database.close();
    await postgres.close();
  });
  const { id: organizationId } = await createOrganization(database, "Crashing", { packages: [] });
  const id = newIdentifier("webhook");
  await database.executor.execute(sql`
    insert into webhooks (id, organization_id, url, url_ciphertext, secret_ciphertext, kinds, position, created_at)
    values (${id}, ${organizationId}, '', '', '', '{template.deleted}', ${await currentCursor(database.executor, systemClock)}, now())`);
  await database.transaction("append", (transaction) =>
    appendChanges(transaction, [
      {
        ...{ organizationId, object: "TEMPLATE", objectId: newIdentifier("template"), kind: "DELETED" },
        ...{ at: new Date(), actor: null, before: { name: "Gone" }, after: null },
      },
    ]),
  );
  // Numbers of transactions that nothing of is on the disk: a crash gives them out again.
  for (let count = 0; count < 20; count += 1) {
    const work = database.transaction("roll back", async (transaction) => {
      await transaction.execute(sql`select pg_current_xact_id()`);
      throw new Error("Rolled back");
    });
    await expect(work).rejects.toThrow("Rolled back");
  }
  await fanOut({ database, changeLog: { after: () => ({ kind: "older", to: { xmax: 1n, running: [] } }) }, clock: systemClock });
  const [sent] = await database.executor.execute<{ body: string }>(sql`select body from webhook_deliveries where webhook_id = ${id}`);
  const { data } = JSON.parse(sent!.body) as { readonly data: { readonly cursor: string } };
  const seen = decodeCursor(data.cursor)!.position.step!.to;
  await postgres.restart("KILLED");
  const next = async () => {
    const [row] = await database.executor.execute<{ next: string }>(sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`);
    return BigInt(row!.next);
  };
  await expect.poll(() => next().catch(() => null), { timeout: 10_000 }).not.toBeNull();
  expect((await next()) >= seen.xmax).toBe(true);
});
