import { apiKeyHash, apiKeyPrefix, isApiKey, newApiKey } from "../access/api-key.rules.ts";
import { insertApiKey } from "../access/api-key.store.ts";
import { AccessLevel } from "../access/level.rules.ts";
import type { Database } from "../database/database.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { NAME_LENGTH_LIMIT, nameKey, normalizeName } from "../shared/name.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { insertOrganization } from "./organization.store.ts";
import type { Package } from "./organization.rules.ts";

export interface NewOrganizationOptions {
  /** None when left out. */
  readonly packages?: readonly Package[];
  /** The key to make its first one of, for automation; left out, a new one. */
  readonly adminKey?: string;
}

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  /** Its first API key, of level ADMIN: shown here and never again. */
  readonly adminKey: string;
}

/** Makes an organization with its first ADMIN key; refuses a taken or empty name, and a given key that is none. */
export async function createOrganization(database: Database, name: string, options: NewOrganizationOptions = {}): Promise<NewOrganization> {
  const organization = { id: newIdentifier("organization"), name: validName(name), packages: options.packages ?? [] };
  const adminKey = options.adminKey ?? newApiKey();
  if (!isApiKey(adminKey)) {
    throw refusal(UserErrorCode.INVALID_VALUE, "The admin key is not an API key. Make one with `headend key`.", "adminKey");
  }
  await database.transaction("create organization", async (transaction) => {
    const isInserted = await insertOrganization(transaction, { ...organization, nameKey: nameKey(organization.name) });
    if (!isInserted) throw refusal(UserErrorCode.DUPLICATE_NAME, `There is an organization named “${organization.name}” already.`, "name");
    await insertApiKey(transaction, {
      id: newIdentifier("apikey"),
      organizationId: organization.id,
      name: "First admin key",
      accessLevel: AccessLevel.ADMIN,
      prefix: apiKeyPrefix(adminKey),
      keyHash: apiKeyHash(adminKey),
      createdAt: null,
      expiresAt: null,
    });
  });
  return { id: organization.id, name: organization.name, adminKey };
}

function validName(name: string): string {
  const normalized = normalizeName(name);
  if (normalized === "" || normalized.length > NAME_LENGTH_LIMIT || /\p{Cc}/u.test(normalized)) {
    throw refusal(UserErrorCode.INVALID_VALUE, `The name must have 1 to ${NAME_LENGTH_LIMIT} printable characters.`, "name");
  }
  return normalized;
}

function refusal(code: UserErrorCode, message: string, field: string): Refusal {
  return new Refusal({ code, message, path: [field] });
}
