import ipaddr from "ipaddr.js";
import { PLAIN_IPV4 } from "./host.rules.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import { notAllowed, type UrlProblem } from "./url-problem.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What an address is to us. PRIVATE, LOOPBACK and SPECIAL ones can be allowed by a range, the rest is as it is. */
export type AddressKind =
  | "PUBLIC"
  | "PRIVATE"
  | "LOOPBACK"
  /** Set aside for documentation and for tests of equipment. */
  | "SPECIAL"
  | "MULTICAST"
  /** Groups that routing and discovery use, or that never leave the link. */
  | "LOCAL_MULTICAST"
  | "LINK_LOCAL"
  | "METADATA"
  | "UNUSABLE";

/** Where clouds hand out credentials to whoever asks from within. */
const METADATA_ADDRESSES: readonly string[] = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"];

/** 224.0.0.0/24 is for routing protocols on the link; SSDP, which routers and televisions answer to, is the one service group within 239/8. */
const LOCAL_GROUPS = ["224.0.0.0/24", "239.255.255.250/32"].map((group) => ipaddr.IPv4.parseCIDR(group));

const KIND_BY_IPV4_RANGE: Readonly<Record<string, AddressKind>> = {
  unicast: "PUBLIC",
  private: "PRIVATE",
  carrierGradeNat: "PRIVATE",
  loopback: "LOOPBACK",
  linkLocal: "LINK_LOCAL",
  multicast: "MULTICAST",
  reserved: "SPECIAL",
};

const KIND_BY_IPV6_RANGE: Readonly<Record<string, AddressKind>> = {
  unicast: "PUBLIC",
  uniqueLocal: "PRIVATE",
  deprecatedSiteLocal: "PRIVATE",
  loopback: "LOOPBACK",
  linkLocal: "LINK_LOCAL",
  multicast: "MULTICAST",
  reserved: "SPECIAL",
  benchmarking: "SPECIAL",
};

/** Scopes of IPv6 multicast that leave the link: administrative, site, organization, global. */
const WIDE_SCOPES: readonly number[] = [4, 5, 8, 14];

const WORDS: Readonly<Record<AddressKind, string>> = {
  PUBLIC: "a public address",
  PRIVATE: "a private address",
  LOOPBACK: "a loopback address",
  SPECIAL: "an address reserved for tests and documentation",
  MULTICAST: "a multicast address",
  LOCAL_MULTICAST: "a multicast address of the link's own protocols",
  LINK_LOCAL: "a link-local address",
  METADATA: "a cloud metadata address",
  UNUSABLE: "an address that nothing can be reached at",
};

/** What kind an address is that `readHost` or a name lookup gave. */
export function addressKind(text: string): AddressKind {
  const address = parse(text);
  if (!address) return "UNUSABLE";
  if (METADATA_ADDRESSES.includes(address.toString())) return "METADATA";
  return address instanceof ipaddr.IPv4 ? ipv4Kind(address) : ipv6Kind(address);
}

/** Whether streams may be sent to or taken from this address as one machine; the message says what it is and what would allow it. */
export function checkUnicast(address: string, policy: NetworkPolicy, kind = addressKind(address)): UrlProblem | null {
  if (kind === "PUBLIC" && !(policy.ownAddresses ?? []).some((own) => isSame(own, address))) return null;
  const canBeAllowed = kind === "PUBLIC" || kind === "PRIVATE" || kind === "LOOPBACK" || kind === "SPECIAL";
  if (!canBeAllowed) return notAllowed(`The address ${address} is ${WORDS[kind]}, which is never allowed here.`);
  if (policy.allowedNetworks.some((network) => isWithin(address, network))) return null;
  const what = kind === "PUBLIC" ? "an address of this machine" : WORDS[kind];
  return notAllowed(`The address ${address} is ${what}. HEADEND_ALLOWED_NETWORKS must name its network to allow it.`);
}

/** Whether an address is a multicast group that streams may use. */
export function checkMulticast(address: string, kind = addressKind(address)): UrlProblem | null {
  if (kind === "MULTICAST") return null;
  return notAllowed(`The address ${address} is ${WORDS[kind]}. Use a multicast group for streams, such as one of 239.0.0.0/8.`);
}

/** Whether a text is a range in CIDR notation, written so that it has one meaning. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== null;
}

function ipv4Kind(address: ipaddr.IPv4): AddressKind {
  // 240.0.0.0/4 was never given out, and routers differ about it; the last of it is the broadcast address.
  if ((address.octets[0] ?? 0) >= 240) return "UNUSABLE";
  const kind = KIND_BY_IPV4_RANGE[address.range()] ?? "UNUSABLE";
  return kind === "MULTICAST" && LOCAL_GROUPS.some((group) => address.match(group)) ? "LOCAL_MULTICAST" : kind;
}

function ipv6Kind(address: ipaddr.IPv6): AddressKind {
  const range: string = address.range();
  if (range === "ipv4Mapped") return addressKind(address.toIPv4Address().toString());
  // NAT64 (64:ff9b::/96): what is reached is the IPv4 address in the last four bytes.
  if (range === "rfc6052" && address.parts[2] === 0) return addressKind(address.toByteArray().slice(12).join("."));
  const kind = KIND_BY_IPV6_RANGE[range] ?? "UNUSABLE";
  const first = address.parts[0] ?? 0;
  if (kind === "MULTICAST") return WIDE_SCOPES.includes(first & 0xf) ? kind : "LOCAL_MULTICAST";
  // Only 2000::/3 is given out; beyond it lie tunnels such as ::127.0.0.1.
  return kind === "PUBLIC" && first >> 13 !== 1 ? "UNUSABLE" : kind;
}

function isSame(one: string, other: string): boolean {
  return parse(one)?.toString() === parse(other)?.toString();
}

/** Whether an address lies in a range in CIDR notation. */
export function isWithin(text: string, network: string): boolean {
  const address = parse(text);
  const range = parseNetwork(network);
  return address !== null && range !== null && address.kind() === range[0].kind() && address.match(range);
}

function parse(text: string): Address | null {
  // The library tries IPv6 first and throws on the way, which would cost more than everything else in the check of a file of URLs.
  if (PLAIN_IPV4.test(text)) return new ipaddr.IPv4(text.split(".").map(Number));
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : null;
}

function parseNetwork(text: string): [Address, number] | null {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return ipaddr.IPv4.parseCIDR(text);
  if (ipaddr.IPv6.isValidCIDR(text)) return ipaddr.IPv6.parseCIDR(text);
  return null;
}
