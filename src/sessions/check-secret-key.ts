import { sql } from "drizzle-orm";
import { KEY_ID_BYTES, type Vault } from "../access/vault.ts";
import type { Executor } from "../database/database.ts";
import { secrets } from "./secret.table.ts";

/** Whether the stored secrets were encrypted with this vault's key; true when there are none yet. */
export async function isVaultOfStoredSecrets(executor: Executor, vault: Vault): Promise<boolean> {
  const own = vault.encrypt("", "").subarray(0, KEY_ID_BYTES).toString("hex");
  const [row] = await executor
    .select({ keyId: sql<string>`encode(substring(${secrets.ciphertext} for ${KEY_ID_BYTES}), 'hex')` })
    .from(secrets)
    .limit(1);
  return row === undefined || row.keyId === own;
}
