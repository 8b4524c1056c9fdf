import type { Context } from "../access/context.ts";
import { signedUrlEnd } from "../access/signed-hour.rules.ts";
import { signAssetPath } from "./asset-url.rules.ts";
import type { AssetRow } from "./asset.reads.ts";
import { canBeOpened } from "./asset.rules.ts";

/** Opens an asset without credentials for a day, the same for all who ask within an hour; null while there is nothing to open. */
export function assetUrlOf(context: UrlContext, asset: AssetRow): string | null {
  return urlOf(context, asset, asset.fileName);
}

/** The same for the captions that came with a recording; null also where none did. */
export function captionsUrlOf(context: UrlContext, asset: AssetRow): string | null {
  return asset.captionsFileName === null ? null : urlOf(context, asset, asset.captionsFileName);
}

type UrlContext = Pick<Context, "vault" | "publicUrl" | "clock">;

function urlOf({ vault, publicUrl, clock }: UrlContext, asset: AssetRow, fileName: string): string | null {
  if (!canBeOpened(asset) || !asset.isReachable) return null;
  return `${publicUrl}${signAssetPath(vault, { id: asset.id, fileName, expiresAt: signedUrlEnd(clock.now()) })}`;
}
