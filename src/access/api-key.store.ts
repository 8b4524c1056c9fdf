import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { apiKeys } from "./api-key.table.ts";
import type { AccessLevel } from "./level.rules.ts";
import { textList } from "../database/text-list.ts";

/** A key as authentication sees it. */
export interface ApiKeyCredential {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly accessLevel: AccessLevel;
  readonly canIntrospect: boolean;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** The unrevoked key with this hash, expired or not; null when there is none. */
export async function findCredential(executor: Executor, keyHash: string): Promise<ApiKeyCredential | null> {
  const rows = await executor
    .select({
      id: apiKeys.id,
      organizationId: apiKeys.organizationId,
      name: apiKeys.name,
      accessLevel: apiKeys.accessLevel,
      canIntrospect: apiKeys.canIntrospect,
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, keyHash), isNull(apiKeys.revokedAt)));
  return rows[0] ?? null;
}

/** Those of the keys that were not revoked. */
export async function filterLiveKeyIds(executor: Executor, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await executor
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(isOneOf(ids), isNull(apiKeys.revokedAt)));
  return rows.map(({ id }) => id);
}

/** Notes a use unless one later than `before` is noted: of many gateways and requests, one a minute writes. */
export async function noteUse(executor: Executor, use: { readonly id: string; readonly at: Date; readonly before: Date }): Promise<void> {
  await executor
    .update(apiKeys)
    .set({ lastUsedAt: use.at })
    .where(and(eq(apiKeys.id, use.id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, use.before))));
}

export interface NewApiKeyRow {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly accessLevel: AccessLevel;
  /** Left out: it may. */
  readonly canIntrospect?: boolean;
  readonly prefix: string;
  readonly keyHash: string;
  /** Null: now, by the database's clock. */
  readonly createdAt: Date | null;
  readonly expiresAt: Date | null;
}

export async function insertApiKey(executor: Executor, { createdAt, ...row }: NewApiKeyRow): Promise<void> {
  await executor.insert(apiKeys).values(createdAt === null ? row : { ...row, createdAt });
}

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** One page of an organization's keys, the newest first; revoked ones are gone. */
export async function pageApiKeys(executor: Executor, organizationId: string, page: KeysetPage): Promise<KeysetRows<ApiKeyRow>> {
  const order = { key: apiKeys.createdAt, keyType: "timestamptz", id: apiKeys.id, isDescending: true } as const;
  const rows = await executor
    .select()
    .from(apiKeys)
    .where(and(isUnrevoked(organizationId), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countApiKeys(executor: Executor, organizationId: string): Promise<number> {
  return executor.$count(apiKeys, isUnrevoked(organizationId));
}

export async function findApiKeys(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly ApiKeyRow[]> {
  return executor
    .select()
    .from(apiKeys)
    .where(and(isUnrevoked(organizationId), isOneOf(ids)));
}

/** All keys of an organization, held in one order, so that two cannot end each other at once. */
export async function lockApiKeys(transaction: Transaction, organizationId: string): Promise<readonly ApiKeyRow[]> {
  return transaction.select().from(apiKeys).where(isUnrevoked(organizationId)).orderBy(apiKeys.id).for("update");
}

export async function revokeKeys(transaction: Transaction, ids: readonly string[], at: Date): Promise<void> {
  await transaction.update(apiKeys).set({ revokedAt: at }).where(isOneOf(ids));
}

function isUnrevoked(organizationId: string) {
  return and(eq(apiKeys.organizationId, organizationId), isNull(apiKeys.revokedAt));
}

function isOneOf(ids: readonly string[]) {
  return sql`${apiKeys.id} = any(${textList(ids)})`;
}
