import { eq, sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { randomToken } from "../shared/identifier.ts";
import { assetStateJson, type AssetState } from "./asset.state.ts";
import { assets } from "./asset.table.ts";

/** 130 random bits. */
export const SHARE_TOKEN_LENGTH = 26;

/** An asset whose row is locked until the transaction ends. */
export interface LockedAsset {
  readonly id: string;
  readonly shareToken: string | null;
  readonly state: AssetState;
}

/** Locks assets of an organization in the order of their ids, those that are not deleted. */
export async function lockAssets(
  transaction: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LockedAsset>> {
  const rows = await transaction.execute<{ id: string; share_token: string | null; state: AssetState }>(sql`
    select a.id, a.share_token, ${assetStateJson} as state from assets a
    where a.organization_id = ${organizationId} and a.id = any(${textList(ids)}) and a.deleted_at is null
    order by a.id for update`);
  return new Map(rows.map(({ id, share_token: shareToken, state }) => [id, { id, shareToken, state }]));
}

/** Opens an asset to whoever has its share token, which it keeps when it has one; until then, or until it is withdrawn. */
export async function shareAssetRow(transaction: Transaction, { id, shareToken }: LockedAsset, expiresAt: Date | null): Promise<void> {
  await transaction
    .update(assets)
    .set({ shareToken: shareToken ?? randomToken(SHARE_TOKEN_LENGTH), shareExpiresAt: expiresAt })
    .where(eq(assets.id, id));
}

/** From then on nobody opens it by the token that it had. */
export async function withdrawShare(transaction: Transaction, id: string): Promise<void> {
  await transaction.update(assets).set({ shareToken: null, shareExpiresAt: null }).where(eq(assets.id, id));
}

/** From then on they are neither listed nor served; their rows go once their files have. */
export async function markAssetsDeleted(transaction: Transaction, ids: readonly string[], at: Date): Promise<void> {
  await transaction.execute(sql`
    update assets set deleted_at = ${at.toISOString()}::timestamptz, share_token = null, share_expires_at = null
    where id = any(${textList(ids)})`);
}
