import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { assertPermission } from "./actor.ts";
import type { RevokeApiKeys } from "./api-key.input.ts";
import { lockApiKeys, revokeKeys, type ApiKeyRow } from "./api-key.store.ts";
import { inTransaction, type Context } from "./context.ts";
import { AccessLevel } from "./level.rules.ts";
import { recordAudit } from "./record-audit.ts";

/**
 * Ends API keys, all or none, and gives their ids; their next request fails. One's own key may be among them, but the last ADMIN
 * key of an organization may not, since nobody could make another one.
 */
export async function revokeApiKeys(context: Context, { ids }: RevokeApiKeys): Promise<readonly string[]> {
  assertPermission(context.actor, "revoke api keys");
  return inTransaction(context, "revoke api keys", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const now = clock.now();
    const keys = await lockApiKeys(transaction, actor.organizationId);
    const errors = ids.flatMap((id, index) => refusalOf(id, { index, ids, keys }));
    if (errors.length > 0) throw new Refusal(...errors);
    const admins = keys.filter((key) => isUsableAdmin(key, now));
    if (admins.length > 0 && admins.every((key) => ids.includes(key.id))) throw lastAdminKey();
    await revokeKeys(transaction, ids, now);
    await recordAudit(transactionContext, { verb: "DELETE", objectIds: ids });
    return ids;
  });
}

function isUsableAdmin(key: ApiKeyRow, now: Date): boolean {
  return key.accessLevel === AccessLevel.ADMIN && (key.expiresAt === null || key.expiresAt > now);
}

function refusalOf(
  id: string,
  facts: { readonly index: number; readonly ids: readonly string[]; readonly keys: readonly ApiKeyRow[] },
): UserError[] {
  const path = ["input", "ids", String(facts.index)];
  if (facts.ids.indexOf(id) < facts.index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (isIdentifier("apikey", id) && facts.keys.some((key) => key.id === id)) return [];
  return [{ code: UserErrorCode.NOT_FOUND, message: "There is no API key with this id.", path }];
}

function lastAdminKey(): Refusal {
  const message = "This would end the last ADMIN key of the organization. Make another one first.";
  return new Refusal({ code: UserErrorCode.INVALID_STATE, message, path: ["input", "ids"] });
}
