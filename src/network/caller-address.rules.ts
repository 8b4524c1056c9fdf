import ipaddr from "ipaddr.js";
import { isWithin } from "./address.rules.ts";

/** Of a longer list only the end is looked at: whoever calls can make it as long as it likes. */
const FORWARDED_LIMIT = 20;

/**
 * Where a call comes from: the address that connects, or, where that is a proxy that is trusted, the last one that it and its like
 * were called by. What a caller writes into the header itself stands before that, and is not believed.
 */
export function callerAddress(
  connected: string | undefined,
  forwarded: string | readonly string[] | undefined,
  trustedProxies: readonly string[],
): string | null {
  let caller = normalize(connected ?? "");
  const hops = [forwarded ?? []].flat().join(",").split(",").slice(-FORWARDED_LIMIT);
  while (caller !== null && hops.length > 0 && isTrusted(caller, trustedProxies)) {
    const next = normalize((hops.pop() ?? "").trim());
    if (next === null) break;
    caller = next;
  }
  return caller;
}

function isTrusted(address: string, trustedProxies: readonly string[]): boolean {
  return trustedProxies.some((network) => isWithin(address, network));
}

/** IPv4 that came over an IPv6 socket is told as IPv4; null for what is no address. */
function normalize(text: string): string | null {
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return bare;
  return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare).toString() : null;
}
