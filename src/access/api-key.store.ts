import { and, eq, isNull, lt, or } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { apiKeys } from "./api-key.table.ts";
import type { AccessLevel } from "./level.rules.ts";

/** A key as authentication sees it. */
export interface ApiKeyCredential {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly accessLevel: AccessLevel;
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
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, keyHash), isNull(apiKeys.revokedAt)));
  return rows[0] ?? null;
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
  readonly prefix: string;
  readonly keyHash: string;
  /** Null: now, by the database's clock. */
  readonly createdAt: Date | null;
  readonly expiresAt: Date | null;
}

export async function insertApiKey(executor: Executor, { createdAt, ...row }: NewApiKeyRow): Promise<void> {
  await executor.insert(apiKeys).values(createdAt === null ? row : { ...row, createdAt });
}
