import { apiKeyHash, apiKeyPrefix, newApiKey } from "../access/api-key.rules.ts";
import { insertApiKey } from "../access/api-key.store.ts";
import { AccessLevel } from "../access/level.rules.ts";
import type { Database } from "../database/database.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { auditCommand } from "./audit-command.ts";
import { requireOrganization } from "./require-organization.ts";

export interface NewAdminKey {
  /** The organization's name. */
  readonly organization: string;
  /** Shown here and never again. */
  readonly adminKey: string;
}

/** Makes another ADMIN key of an organization, for when nobody has one any more; refuses a name that there is not. */
export async function createAdminKey(database: Database, name: string): Promise<NewAdminKey> {
  const adminKey = newApiKey();
  const id = newIdentifier("apikey");
  return database.transaction("create admin key", async (transaction) => {
    const organization = await requireOrganization(transaction, name);
    await insertApiKey(transaction, {
      ...{ id, organizationId: organization.id, name: "Made on the command line", accessLevel: AccessLevel.ADMIN },
      ...{ prefix: apiKeyPrefix(adminKey), keyHash: apiKeyHash(adminKey), createdAt: null, expiresAt: null },
    });
    await auditCommand(transaction, { organizationId: organization.id, verb: "CREATE", objectIds: [id] });
    return { organization: organization.name, adminKey };
  });
}
