import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { maskUrl } from "../network/mask.ts";

/** Shorter texts would mask half of every sentence; no secret of ours is so short. */
const SECRET_LENGTH_LEAST = 4;
/** Where in memory ffmpeg keeps a part of itself, which differs each time it says the same. */
const ADDRESS_IN_TEXT = / @ 0x[0-9a-f]+/g;
const URL_IN_TEXT = /[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi;

/** Makes text of ffmpeg fit to be shown: the given secrets and those in any URL that it mentions are masked. */
export function createMasker(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= SECRET_LENGTH_LEAST).toSorted((one, other) => other.length - one.length);
  return (text) => {
    const withoutUrls = text.replace(ADDRESS_IN_TEXT, "").replace(URL_IN_TEXT, (url) => maskUrl(url).masked);
    return known.reduce((masked, secret) => masked.replaceAll(secret, SECRET_MASK), withoutUrls);
  };
}
