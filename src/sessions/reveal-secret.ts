import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { auditRefusal, recordAudit } from "../access/record-audit.ts";
import { requireSecret, secretRecord } from "./require-secret.ts";
import { openSecret } from "./secret.store.ts";
import { Verb } from "./session.rules.ts";

/** Gives out a stream key or a passphrase in clear. That it was given out, or asked for in vain, is kept in the audit. */
export async function revealSecret(context: Context, { id }: { readonly id: string }): Promise<string> {
  const record = await secretRecord(context, Verb.REVEAL_SECRET, id);
  return auditRefusal(context, record, async () => {
    assertPermission(context.actor, record?.isOfEvent ? "reveal ingest keys of events" : "reveal secrets");
    return inTransaction(context, "reveal secret", async (transactionContext) => {
      const secret = await requireSecret(transactionContext, id);
      await recordAudit(transactionContext, { verb: Verb.REVEAL_SECRET, objectIds: [secret.id, secret.sessionId] });
      return openSecret(context.vault, secret);
    });
  });
}
