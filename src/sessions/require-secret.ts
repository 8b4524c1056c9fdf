import type { AuditRecord } from "../access/audit.rules.ts";
import type { Context, TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findStoredSecret, type StoredSecretRow } from "./secret.store.ts";
import type { Verb } from "./session.rules.ts";

/** The secret as it is now; refused when the organization has none of this id. */
export async function requireSecret(context: TransactionContext, id: string): Promise<StoredSecretRow> {
  const secret = await lookUp(context, context.transaction, id);
  if (secret) return secret;
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no secret with this id.", path: ["input", "id"] });
}

/** What the audit keeps of a call about a secret: the secret and its session, or null where there is no such secret. */
export async function secretRecord(
  context: Context,
  verb: Verb,
  id: string,
): Promise<(AuditRecord & Pick<StoredSecretRow, "isOfEvent">) | null> {
  const secret = await lookUp(context, context.database.executor, id);
  return secret && { verb, objectIds: [secret.id, secret.sessionId], isOfEvent: secret.isOfEvent };
}

async function lookUp({ actor }: Context, executor: Executor, id: string): Promise<StoredSecretRow | null> {
  return isIdentifier("secret", id) ? findStoredSecret(executor, actor.organizationId, id) : null;
}
