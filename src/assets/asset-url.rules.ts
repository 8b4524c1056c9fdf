import { readSigned, signUntil, type SignedSubject, type Signing } from "../access/signed-hour.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";

/** Below it assets are served to whoever has a signed address. */
export const ASSET_PATH = "/assets/";

/**
 * The address of a file of an asset until `expiresAt`, a whole hour, as a path. The signature is of the asset and the hour and stands in
 * front of the file's name, so that what a playlist names by itself is signed with it.
 */
export function signAssetPath(
  signing: Signing,
  { id, fileName, expiresAt }: { readonly id: string; readonly fileName: string; readonly expiresAt: Date },
): string {
  return `${ASSET_PATH}${id}/${signUntil(signing, subjectOf(id), expiresAt)}/${fileName}`;
}

/** What is asked for below `/assets/`. */
export interface AssetRequest {
  readonly id: string;
  readonly file: string;
  readonly expiresAt: Date;
}

/** Names that encoders write: no separators, nothing hidden, nothing unfinished. */
const FILE_PATTERN = /^[0-9A-Za-z_][0-9A-Za-z_-]*\.(m3u8|ts|m4s|mp4|mkv|jpg|png|webp|srt)$/;

/** Whether a text can be the name of a file of an asset. */
export function isAssetFile(name: string): boolean {
  return FILE_PATTERN.test(name);
}

/** Reads and checks `/assets/<id>/<hour>-<signature>/<file>`; null for everything else and whatever is not signed. Nothing is decoded: our names need no percent codes. */
export function readAssetPath(signing: Signing, path: string): AssetRequest | null {
  const [before, folder, id = "", signed = "", file = "", ...rest] = path.split("/");
  if (before !== "" || folder !== "assets" || rest.length > 0) return null;
  if (!isIdentifier("asset", id) || !isAssetFile(file)) return null;
  const expiresAt = readSigned(signing, subjectOf(id), signed);
  return expiresAt && { id, file, expiresAt };
}

function subjectOf(id: string): SignedSubject {
  return { purpose: "asset addresses", name: id };
}
