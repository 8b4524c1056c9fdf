import type { Vault } from "../access/vault.ts";
import { postAllowed, type PostAnswer } from "../network/post-allowed.ts";
import type { ResolveHost } from "../network/resolve.ts";
import type { ClaimedDelivery } from "./dispatch.store.ts";
import { signedHeaders } from "./webhook.rules.ts";
import { openSigningSecret, openUrl } from "./webhook.secrets.ts";

export interface Sending {
  readonly vault: Vault;
  readonly resolve: ResolveHost;
  readonly at: Date;
  readonly signal: AbortSignal;
  readonly milliseconds: number;
}

/** Signs a message and posts it, to an address that is looked up and checked now. Never throws for what a receiver does. */
export async function sendDelivery(delivery: ClaimedDelivery, { vault, resolve, at, signal, milliseconds }: Sending): Promise<PostAnswer> {
  const { id, webhookId, body, urlCiphertext, secretCiphertext } = delivery;
  const secret = openSigningSecret(vault, { id: webhookId, secretCiphertext });
  return postAllowed({
    url: openUrl(vault, { id: webhookId, urlCiphertext }),
    headers: { "content-type": "application/json", "user-agent": "Headend", ...signedHeaders(secret, { id, at, body }) },
    body,
    resolve,
    milliseconds,
    signal,
  });
}
