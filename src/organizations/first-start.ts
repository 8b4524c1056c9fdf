import { sql } from "drizzle-orm";
import { newApiKey } from "../access/api-key.rules.ts";
import type { Database } from "../database/database.ts";
import { writeOwnerOnlyFile } from "../shared/owner-only-file.ts";
import { createOrganization, type NewOrganization } from "./create-organization.ts";
import { Package } from "./organization.rules.ts";
import { listOrganizations } from "./organization.store.ts";

/** Any number that nothing else in the database locks. */
const FIRST_START_LOCK = 4_204_711;

/** In the data directory, once there was a first start. */
export const ADMIN_KEY_FILE = "admin-key";

export interface FirstStartOptions {
  /** The ADMIN key to create; null makes one. */
  readonly adminKey: string | null;
  /** Where the key is kept, for its owner alone. */
  readonly adminKeyFile: string;
}

/**
 * Makes the first organization, with every package and an ADMIN key, in a database that has none; null when it has one.
 * Of several gateways that start at once, one does it. The key is in its file before the database knows it: a crash in between
 * leaves a key that opens nothing, never a database that nobody has a key of.
 */
export async function makeFirstOrganization(
  database: Database,
  { adminKey, adminKeyFile }: FirstStartOptions,
): Promise<NewOrganization | null> {
  return await database.transaction("first start", async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${FIRST_START_LOCK})`);
    if ((await listOrganizations(transaction)).length > 0) return null;
    const within: Database = { ...database, transaction: (_name, work) => work(transaction) };
    const key = adminKey ?? newApiKey();
    await writeOwnerOnlyFile(adminKeyFile, `${key}\n`);
    return await createOrganization(within, "Default", { packages: Object.values(Package), adminKey: key });
  });
}
