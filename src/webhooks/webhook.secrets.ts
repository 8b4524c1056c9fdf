import type { Vault } from "../access/vault.ts";
import { maskUrl } from "../network/mask.ts";

/** What is kept of an address: what may be shown of it, and all of it, for this webhook alone to open. */
export function sealUrl(vault: Vault, id: string, url: string): { readonly url: string; readonly urlCiphertext: Buffer } {
  return { url: maskUrl(url).masked, urlCiphertext: vault.encrypt(url, subject(id, "url")) };
}

export function openUrl(vault: Vault, { id, urlCiphertext }: { readonly id: string; readonly urlCiphertext: Buffer }): string {
  return vault.decrypt(urlCiphertext, subject(id, "url"));
}

export function sealSigningSecret(vault: Vault, id: string, secret: string): Buffer {
  return vault.encrypt(secret, subject(id, "secret"));
}

export function openSigningSecret(
  vault: Vault,
  { id, secretCiphertext }: { readonly id: string; readonly secretCiphertext: Buffer },
): string {
  return vault.decrypt(secretCiphertext, subject(id, "secret"));
}

function subject(id: string, what: "url" | "secret"): string {
  return `${id}/${what}`;
}
