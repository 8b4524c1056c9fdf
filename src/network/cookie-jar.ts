const COOKIE_LIMIT = 20;
const HOST_LIMIT = 20;
const LENGTH_LIMIT = 4_096;
/** As RFC 6265 has it, quotes around a value included. */
const COOKIE = /^([\w!#$%&'*+.^`|~-]+)=("?[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"?)\s*(?:;|$)/;

/**
 * What servers asked to be told again, as long as one input is read: some let nobody have a segment who did not get the playlist.
 * Each is told to the host alone that set it, over the same protocol, whatever else it asks for.
 */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, string>>();

  /** Keeps what an answer from this address sets. */
  take(url: URL, lines: readonly string[]): void {
    const key = keyOf(url);
    const cookies = this.#hosts.get(key) ?? new Map<string, string>();
    for (const line of lines) {
      const [, name, value = ""] = COOKIE.exec(line.trim()) ?? [];
      if (name === undefined || line.length > LENGTH_LIMIT) continue;
      cookies.delete(name);
      if (!/;\s*max-age=(0|-\d+)\s*(;|$)/i.test(line) && cookies.size < COOKIE_LIMIT) cookies.set(name, value);
    }
    if (this.#hosts.has(key) || this.#hosts.size < HOST_LIMIT) this.#hosts.set(key, cookies);
  }

  /** The header for a request to this address; null where nothing was set. */
  header(url: URL): string | null {
    const cookies = Array.from(this.#hosts.get(keyOf(url)) ?? [], ([name, value]) => `${name}=${value}`);
    return cookies.length === 0 ? null : cookies.join("; ");
  }
}

function keyOf({ protocol, hostname }: URL): string {
  return `${protocol}//${hostname}`;
}
