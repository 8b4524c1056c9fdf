import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { recordAudit } from "../access/record-audit.ts";
import { writeCursor } from "../changes/cursor.ts";
import { checkWebhookUrl } from "../network/url.rules.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { CreateWebhook } from "./webhook.input.ts";
import { newWebhookSecret, WEBHOOK_COUNT_LIMIT } from "./webhook.rules.ts";
import { openSigningSecret, sealSigningSecret, sealUrl } from "./webhook.secrets.ts";
import { countWebhooks, findWebhooks, holdWebhookCount, insertWebhook } from "./webhook.store.ts";

export interface CreatedWebhook {
  readonly id: string;
  /** In clear: given out here and never again, but to whoever sends the very same call again; null when the webhook is gone by then. */
  readonly secret: string | null;
}

/** Makes a webhook that is told of what happens from now on. */
export async function createWebhook(context: Context, input: CreateWebhook): Promise<CreatedWebhook> {
  assertPermission(context.actor, "create webhooks");
  const problem = checkWebhookUrl(input.url, context.network);
  if (problem) throw new Refusal({ ...problem, path: ["input", "url"] });
  return inTransaction(context, "create webhook", async (transactionContext) => {
    const { idempotencyKey: key, ...asked } = input;
    // What is kept for the key is the id: the secret lies in the webhook, encrypted.
    const id = await idempotently(transactionContext, { operation: "create webhook", key, input: asked }, () =>
      create(transactionContext, input),
    );
    const { transaction, actor, vault } = transactionContext;
    const [row] = await findWebhooks(transaction, actor.organizationId, [id]);
    return { id, secret: row ? openSigningSecret(vault, row) : null };
  });
}

async function create(context: TransactionContext, { url, kinds }: CreateWebhook): Promise<string> {
  const { transaction, actor, vault, clock } = context;
  const { organizationId } = actor;
  await holdWebhookCount(transaction, organizationId);
  if ((await countWebhooks(transaction, organizationId)) >= WEBHOOK_COUNT_LIMIT) throw tooMany();
  const id = newIdentifier("webhook");
  const secretCiphertext = sealSigningSecret(vault, id, newWebhookSecret());
  const position = await writeCursor(transaction, clock);
  await insertWebhook(transaction, {
    id,
    organizationId,
    ...sealUrl(vault, id, url),
    secretCiphertext,
    kinds,
    position,
    createdAt: clock.now(),
  });
  await recordAudit(context, { verb: "CREATE", objectIds: [id] });
  return id;
}

function tooMany(): Refusal {
  const message = `An organization has at most ${WEBHOOK_COUNT_LIMIT} webhooks. Delete one first.`;
  return new Refusal({ code: UserErrorCode.TOO_MANY_ITEMS, message, path: ["input"] });
}
