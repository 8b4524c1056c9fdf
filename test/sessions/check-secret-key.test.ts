import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createVault } from "../../src/access/vault.ts";
import { isVaultOfStoredSecrets } from "../../src/sessions/check-secret-key.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
beforeAll(async () => void (test = await openTestDatabase()));
afterAll(() => test.close());

it("knows the key that stored secrets were encrypted with from every other", async () => {
  const { executor } = test.database;
  const own = createVault(Buffer.alloc(32, 1));
  const other = createVault(Buffer.alloc(32, 2));
  expect(await isVaultOfStoredSecrets(executor, other)).toBe(true);

  await executor.execute(sql`insert into organizations (id, name, name_key, packages) values ('o', 'o', 'o', '{}')`);
  await executor.execute(
    sql`insert into sessions (id, organization_id, stream_id, name, name_key, name_order, search_text, region, labels, input_type)
        values ('s', 'o', 's', 's', 's', 's', 's', 'local', '{}', 'SRT_PUSH')`,
  );
  await executor.execute(
    sql`insert into secrets (id, session_id, kind, ciphertext) values ('x', 's', 'STREAM_KEY', decode(${own.encrypt("key", "s").toString("hex")}, 'hex'))`,
  );
  expect(await isVaultOfStoredSecrets(executor, own)).toBe(true);
  expect(await isVaultOfStoredSecrets(executor, other)).toBe(false);
});
