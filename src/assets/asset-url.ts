import type { Context } from "../access/context.ts";
import { signedUrlEnd } from "../access/signed-hour.rules.ts";
import { signAssetPath } from "./asset-url.rules.ts";
import type { AssetRow } from "./asset.reads.ts";
import { canBeOpened } from "./asset.rules.ts";

/** Opens an asset without credentials for a day, the same for all who ask within an hour; null while there is nothing to open. */
export function assetUrlOf({ vault, publicUrl, clock }: Pick<Context, "vault" | "publicUrl" | "clock">, asset: AssetRow): string | null {
  if (!canBeOpened(asset) || !asset.isReachable) return null;
  return `${publicUrl}${signAssetPath(vault, { ...asset, expiresAt: signedUrlEnd(clock.now()) })}`;
}
