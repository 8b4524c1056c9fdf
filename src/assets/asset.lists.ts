import type { Connection, ListOrder } from "../graphql/connection.ts";
import { parsePage, toConnection } from "../graphql/connection.ts";
import type { LoaderDefinition } from "../graphql/loaders.ts";
import { pageKey } from "../graphql/page-loader.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { KeysetRows } from "../database/keyset.ts";
import { required } from "../shared/assert.ts";
import type { AssetRow } from "./asset.reads.ts";

export const NEWEST_FIRST: ListOrder = { name: "ASSET:DESC", keyType: "timestamptz" };

/** How lists of assets are shown. */
export const NEWEST = {
  order: NEWEST_FIRST,
  position: ({ createdAt, id }: AssetRow) => ({ key: createdAt, id }),
  present: (row: AssetRow) => row,
};

export interface OwnedAssetsRequest {
  readonly id: string;
  readonly pages: LoaderDefinition<KeysetRows<AssetRow>>;
  readonly counts: LoaderDefinition<number>;
  readonly page: { readonly first?: number | null | undefined; readonly after?: string | null | undefined };
}

/** A page of the assets of one object, the newest first. */
export async function listAssetsOf(
  { loaders }: RequestContext,
  { id, pages, counts, page: { first, after } }: OwnedAssetsRequest,
): Promise<Connection<AssetRow>> {
  const page = await loaders.of(pages).load(pageKey(id, parsePage({ first, after }, NEWEST_FIRST)));
  return toConnection({
    ...NEWEST,
    page: required(page, "assets of an object"),
    totalCount: async () => (await loaders.of(counts).load(id)) ?? 0,
  });
}
