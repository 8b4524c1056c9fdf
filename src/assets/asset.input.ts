import { z } from "zod";

/** Assets of one `deleteAssets`. */
export const DELETE_ASSETS_LIMIT = 1_000;

export const shareAssetInput = z.object({ id: z.string(), isShared: z.boolean(), expiresAt: z.date().nullish() });
export type ShareAsset = z.output<typeof shareAssetInput>;

export const deleteAssetsInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(DELETE_ASSETS_LIMIT, `must be at most ${DELETE_ASSETS_LIMIT}`),
});
export type DeleteAssets = z.output<typeof deleteAssetsInput>;
