import { and, eq, inArray, sql } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import type { Vault } from "../access/vault.ts";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { SecretKind } from "./secret.rules.ts";
import { secrets } from "./secret.table.ts";
import { sessions } from "./session.table.ts";

/** A secret ready to be written: its text encrypted, as base64. */
export interface SecretRow {
  readonly id: string;
  readonly session_id: string;
  readonly playback_id: string | null;
  readonly kind: SecretKind;
  readonly position: number;
  readonly ciphertext: string;
  readonly is_generated: boolean;
  /** Null for all but stream keys. */
  readonly stream_key_digest: string | null;
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
    stream_key_digest: secret.kind === SecretKind.STREAM_KEY ? streamKeyDigest(vault, secret.plaintext) : null,
  };
}

/** Stands for a stream key where two are compared, in this installation alone. */
export function streamKeyDigest(vault: Vault, streamKey: string): string {
  return vault.digest(`stream key ${streamKey}`);
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

/** A stream key or a passphrase of a session's input, sealed. */
export interface StoredSecretRow extends SecretSubject {
  readonly id: string;
  readonly kind: "STREAM_KEY" | "SRT_PASSPHRASE";
  readonly ciphertext: Buffer;
  /** Whether the session feeds a language of an event. */
  readonly isOfEvent: boolean;
}

/** The secret of this id; null when the organization has none. URLs that hold secrets are none. */
export async function findStoredSecret(executor: Executor, organizationId: string, id: string): Promise<StoredSecretRow | null> {
  const { sessionId, playbackId, kind, position, ciphertext } = secrets;
  const [row] = await executor
    .select({ id: secrets.id, sessionId, playbackId, kind, position, ciphertext, isOfEvent: sql<boolean>`${sessions.eventId} is not null` })
    .from(secrets)
    .innerJoin(sessions, eq(sessions.id, secrets.sessionId))
    .where(
      and(
        eq(sessions.organizationId, organizationId),
        eq(secrets.id, id),
        inArray(secrets.kind, [SecretKind.STREAM_KEY, SecretKind.SRT_PASSPHRASE]),
      ),
    );
  return row ? { ...row, kind: row.kind as StoredSecretRow["kind"] } : null;
}

/** Puts another secret in the place of one; it keeps its id. */
export async function replaceSecret(
  transaction: Transaction,
  id: string,
  { sealed, at }: { readonly sealed: SecretRow; readonly at: Date },
) {
  await transaction
    .update(secrets)
    .set({
      ciphertext: Buffer.from(sealed.ciphertext, "base64"),
      isGenerated: sealed.is_generated,
      streamKeyDigest: sealed.stream_key_digest,
      rotatedAt: at,
    })
    .where(eq(secrets.id, id));
}

/** The digests of the stream keys of sessions, by the sessions; those without one are left out. */
export async function findStreamKeys(executor: Executor, sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await executor.execute<{ session_id: string; digest: string }>(sql`
    select session_id, stream_key_digest as digest from secrets
    where session_id = any(${textList(sessionIds)}) and stream_key_digest is not null`);
  return new Map(rows.map((row) => [row.session_id, row.digest]));
}

/**
 * Locks these stream keys wherever they are kept, so that of all who decide whether one is free, one does at a time, and others are
 * not held up. Rows, since a bulk start may mean more keys than PostgreSQL has room for advisory locks. Whoever starts a session has
 * that one locked: of two, the one whose key was stored later sees the other's.
 */
export async function lockStreamKeys(transaction: Transaction, digests: readonly string[]): Promise<void> {
  await transaction.execute(sql`select from secrets where stream_key_digest = any(${textList(digests)}) order by id for update`);
}

/** Which of these stream keys belong to a session that is started, of whatever organization. */
export async function findUsedStreamKeys(executor: Executor, digests: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await executor.execute<{ digest: string }>(sql`
    select x.stream_key_digest as digest from secrets x join sessions s on s.id = x.session_id
    where x.stream_key_digest = any(${textList(digests)}) and s.status not in ('STOPPED', 'FAILED')`);
  return new Set(rows.map((row) => row.digest));
}
