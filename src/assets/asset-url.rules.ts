import type { Vault } from "../access/vault.ts";
import { isIdentifier } from "../shared/identifier.ts";

/** Below it assets are served to whoever has a signed address. */
export const ASSET_PATH = "/assets/";

/** What signs and checks addresses. */
export type Signing = Pick<Vault, "sign" | "isSigned">;

const HOUR_MILLISECONDS = 3_600_000;
/** An address is good for at least so many hours, and for less than one more: all that are given out within an hour are the same. */
export const ASSET_URL_HOURS = 24;

/** When an address that is given out now ends. */
export function assetUrlEnd(now: Date): Date {
  return new Date((Math.floor(now.getTime() / HOUR_MILLISECONDS) + ASSET_URL_HOURS + 1) * HOUR_MILLISECONDS);
}

/**
 * The address of a file of an asset until `expiresAt`, a whole hour, as a path. The signature is of the asset and the hour and stands in
 * front of the file's name, so that what a playlist names by itself is signed with it.
 */
export function signAssetPath(
  signing: Signing,
  { id, fileName, expiresAt }: { readonly id: string; readonly fileName: string; readonly expiresAt: Date },
): string {
  const hour = expiresAt.getTime() / HOUR_MILLISECONDS;
  return `${ASSET_PATH}${id}/${hour}-${signing.sign("asset addresses", signedText(id, hour))}/${fileName}`;
}

/** What is asked for below `/assets/`. */
export interface AssetRequest {
  readonly id: string;
  readonly file: string;
  readonly expiresAt: Date;
}

/** Names that encoders write: no separators, nothing hidden, nothing unfinished. */
const FILE_PATTERN = /^[0-9A-Za-z_][0-9A-Za-z_-]*\.(m3u8|ts|m4s|mp4|mkv|jpg|png|webp)$/;
const SIGNED_PATTERN = /^([1-9]\d{0,8})-([0-9A-Za-z_-]{32})$/;

/** Whether a text can be the name of a file of an asset. */
export function isAssetFile(name: string): boolean {
  return FILE_PATTERN.test(name);
}

/** Reads and checks `/assets/<id>/<hour>-<signature>/<file>`; null for everything else and whatever is not signed. Nothing is decoded: our names need no percent codes. */
export function readAssetPath(signing: Signing, path: string): AssetRequest | null {
  const [before, folder, id = "", signed = "", file = "", ...rest] = path.split("/");
  if (before !== "" || folder !== "assets" || rest.length > 0) return null;
  const [, hour = "", signature = ""] = SIGNED_PATTERN.exec(signed) ?? [];
  if (!isIdentifier("asset", id) || !isAssetFile(file)) return null;
  if (!signing.isSigned("asset addresses", signedText(id, Number(hour)), signature)) return null;
  return { id, file, expiresAt: new Date(Number(hour) * HOUR_MILLISECONDS) };
}

/** Identifiers hold no blanks. */
function signedText(id: string, hour: number): string {
  return `${id} ${hour}`;
}
