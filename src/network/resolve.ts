import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { addressKind, checkMulticast, checkUnicast } from "./address.rules.ts";
import { readHost, type Host } from "./host.rules.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import { parseUrl } from "./url.parser.ts";
import { invalid, notAllowed, type UrlProblem } from "./url-problem.ts";
import { checkName } from "./url.rules.ts";

/** A name server of a hostile domain gives hundreds, each of which costs a connection. */
const ADDRESSES_KEPT = 8;
/** Longest wait for a name server; what is not known by then counts as unknown for now. */
const LOOKUP_DEADLINE_MILLISECONDS = 5_000;

export type Resolution =
  /** The first addresses of the host, each of which may be reached, as may those that are left out. */
  | { readonly kind: "ALLOWED"; readonly addresses: readonly string[] }
  /** Trying again does not help. */
  | { readonly kind: "REFUSED"; readonly problem: UrlProblem }
  /** The name is unknown now; it may be known later. */
  | { readonly kind: "UNRESOLVED"; readonly message: string };

/** Says which addresses a host, as it stands in a URL, has now, and whether they may be reached. Never throws. */
export type ResolveHost = (hostText: string) => Promise<Resolution>;

/** Addresses of this machine's interfaces, which callers' URLs must not lead to. */
export function listOwnAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}

/**
 * Resolves a host and checks every address that it has now, since a name that was harmless when it was saved can lead
 * anywhere when it is used. A name with one address that is not allowed is refused as a whole: the next lookup may give that one.
 */
export async function resolveAllowed(hostText: string, policy: NetworkPolicy): Promise<Resolution> {
  const host = readHost(hostText);
  if (!host) return { kind: "REFUSED", problem: invalid("The host is neither an address nor a name.") };
  return resolveHost(host, { ...policy, ownAddresses: [...(policy.ownAddresses ?? []), ...listOwnAddresses()] });
}

/** The same for the host of a whole URL. */
export async function resolveAllowedUrl(url: string, policy: NetworkPolicy): Promise<Resolution> {
  const reading = parseUrl(url);
  if ("problem" in reading) return { kind: "REFUSED", problem: reading.problem };
  const { host } = reading.url;
  return resolveAllowed(host.kind === "NAME" ? host.name : host.address.includes(":") ? `[${host.address}]` : host.address, policy);
}

async function resolveHost(host: Host, policy: NetworkPolicy): Promise<Resolution> {
  if (host.kind === "ADDRESS") {
    const isGroup = addressKind(host.address).includes("MULTICAST");
    const problem = isGroup ? checkMulticast(host.address) : checkUnicast(host.address, policy);
    return problem ? { kind: "REFUSED", problem } : { kind: "ALLOWED", addresses: [host.address] };
  }
  const problem = checkName(host.name, policy);
  if (problem) return { kind: "REFUSED", problem };
  return judgeAddresses(host.name, await lookUp(host.name), policy);
}

/** What the addresses that a name has come to. */
export function judgeAddresses(name: string, addresses: readonly string[], policy: NetworkPolicy): Resolution {
  if (addresses.length === 0) return { kind: "UNRESOLVED", message: `The name ${name} has no address now.` };
  // What the address is stays unsaid: a caller could map the names of an internal network by it.
  return addresses.every((address) => checkUnicast(address, policy) === null)
    ? { kind: "ALLOWED", addresses: addresses.slice(0, ADDRESSES_KEPT) }
    : { kind: "REFUSED", problem: notAllowed(`The name ${name} leads to an address that is not allowed here.`) };
}

/** Through the system's own resolver, as ffmpeg does, so that both see the same addresses. */
async function lookUp(name: string): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(resolve, LOOKUP_DEADLINE_MILLISECONDS, []);
  });
  const found = lookup(name, { all: true }).then(
    (entries) => entries.map(({ address }) => address),
    () => [],
  );
  return Promise.race([found, deadline]).finally(() => clearTimeout(timer));
}
