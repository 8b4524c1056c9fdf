import { newIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { assertPermission } from "./actor.ts";
import type { CreateApiKey } from "./api-key.input.ts";
import { apiKeyHash, apiKeyPrefix, newApiKey } from "./api-key.rules.ts";
import { insertApiKey } from "./api-key.store.ts";
import { inTransaction, type Context } from "./context.ts";
import { recordAudit } from "./record-audit.ts";

export interface CreatedApiKey {
  readonly id: string;
  /** The key in clear: given out here and never again. */
  readonly key: string;
}

/** Makes an API key of the caller's organization; refuses an end that has passed. */
export async function createApiKey(context: Context, input: CreateApiKey): Promise<CreatedApiKey> {
  const { name, accessLevel, canIntrospect, expiresAt = null } = input;
  const { actor, clock } = context;
  assertPermission(actor, "create api keys");
  const createdAt = clock.now();
  if (expiresAt !== null && expiresAt <= createdAt) {
    throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message: "The key would have expired already.", path: ["input", "expiresAt"] });
  }
  const key = newApiKey();
  const id = newIdentifier("apikey");
  const { organizationId } = actor;
  const shown = { prefix: apiKeyPrefix(key), keyHash: apiKeyHash(key) };
  await inTransaction(context, "create api key", async (transactionContext) => {
    await insertApiKey(transactionContext.transaction, {
      id,
      organizationId,
      name,
      accessLevel,
      canIntrospect: canIntrospect ?? true,
      ...shown,
      createdAt,
      expiresAt,
    });
    await recordAudit(transactionContext, { verb: "CREATE", objectIds: [id] });
  });
  return { id, key };
}
