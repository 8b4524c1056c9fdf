import { resolveOrThrow } from "./connect.ts";
import type { ResolveHost } from "./resolve.ts";
import { parseUrl } from "./url.parser.ts";

/**
 * The URL with an address of its host, which was just checked, in place of the name: what opens it looks nothing up.
 * Throws `AddressRefused` and `NotReached`.
 */
export async function pinAddress(url: string, resolve: ResolveHost): Promise<string> {
  const reading = parseUrl(url);
  if ("problem" in reading) throw new Error("A URL that was not checked cannot be pinned");
  const { host } = reading.url;
  const addresses = await resolveOrThrow(host.kind === "NAME" ? host.name : inBrackets(host.address), resolve);
  const address = addresses[0] ?? "";
  return url.replace(AUTHORITY, (_, before: string, port: string | undefined) => `${before}${inBrackets(address)}${port ?? ""}`);
}

const AUTHORITY = /^([a-z0-9+.-]+:\/\/(?:[^/?#@]*@)?)(?:\[[^\]]*\]|[^:/?#]*)(:\d+)?/;

/** As an address stands in a URL. */
export function inBrackets(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
