import { eq } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import type { Vault } from "../access/vault.ts";
import { newIdentifier } from "../shared/identifier.ts";
import type { SecretKind } from "./secret.rules.ts";
import { secrets } from "./secret.table.ts";

/** A secret ready to be written: its text encrypted, as base64. */
export interface SecretRow {
  readonly id: string;
  readonly session_id: string;
  readonly playback_id: string | null;
  readonly kind: SecretKind;
  readonly position: number;
  readonly ciphertext: string;
  readonly is_generated: boolean;
}

/** Where a secret belongs, and so what its ciphertext is bound to. */
export interface SecretSubject {
  readonly sessionId: string;
  readonly playbackId: string | null;
  readonly kind: SecretKind;
  readonly position: number;
}

/** Encrypts a secret for its place: moved to another session, playback or kind it does not open. */
export function sealSecret(vault: Vault, secret: SecretSubject & { readonly plaintext: string; readonly isGenerated: boolean }): SecretRow {
  return {
    id: newIdentifier("secret"),
    session_id: secret.sessionId,
    playback_id: secret.playbackId,
    kind: secret.kind,
    position: secret.position,
    ciphertext: vault.encrypt(secret.plaintext, subjectText(secret)).toString("base64"),
    is_generated: secret.isGenerated,
  };
}

export function openSecret(vault: Vault, secret: SecretSubject & { readonly ciphertext: Buffer }): string {
  return vault.decrypt(secret.ciphertext, subjectText(secret));
}

function subjectText({ sessionId, playbackId, kind, position }: SecretSubject): string {
  return [sessionId, playbackId ?? "", kind, String(position)].join("/");
}

/** The secrets of a session's input in clear, by their kind. */
export async function openSecrets(context: TransactionContext, sessionId: string): Promise<ReadonlyMap<SecretKind, string>> {
  const rows = await context.transaction.select().from(secrets).where(eq(secrets.sessionId, sessionId));
  return new Map(rows.filter((row) => row.playbackId === null).map((row) => [row.kind, openSecret(context.vault, row)]));
}

/** The output URLs of a playback that hold secrets in clear, by their place. */
export async function openOutputUrls(context: TransactionContext, playbackId: string): Promise<ReadonlyMap<number, string>> {
  const rows = await context.transaction.select().from(secrets).where(eq(secrets.playbackId, playbackId));
  return new Map(rows.map((row) => [row.position, openSecret(context.vault, row)]));
}
