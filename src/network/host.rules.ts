import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/** The host of a URL as those who connect would read it. */
export type Host =
  | {
      readonly kind: "ADDRESS";
      /** In its one normal form; an IPv4 address inside of IPv6 is given as IPv4. */
      readonly address: string;
      /** Whether it was written so that every reader reads this address: `010.0.0.1` is 8.0.0.1 to some and 10.0.0.1 to others. */
      readonly isPlain: boolean;
    }
  | { readonly kind: "NAME"; readonly name: string };

const NAME_LENGTH_LIMIT = 253;
const LABEL_PATTERN = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NUMBER_PATTERN = /^(0x[0-9a-f]*|[0-9]+)$/;

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/** An IPv4 address in its normal form, which every reader reads alike. */
export const PLAIN_IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/**
 * Reads a host, in brackets or not. Numbers are read the way `inet_aton` does (`0x7f000001`, `2130706433`, `0177.0.0.1`, `127.1`),
 * since that is what ffmpeg's connections end up with. Null when it is neither an address nor a name.
 */
export function readHost(text: string): Host | null {
  const lower = text.toLowerCase();
  const isBracketed = lower.startsWith("[") && lower.endsWith("]");
  const inner = isBracketed ? lower.slice(1, -1) : lower;
  if (inner.includes(":")) return isBracketed ? readIpv6(inner) : null;
  const bare = inner.endsWith(".") ? inner.slice(0, -1) : inner;
  const address = readIpv4(bare);
  if (address !== null) return { kind: "ADDRESS", address, isPlain: !isBracketed && address === inner };
  return isBracketed ? null : readName(bare);
}

function readIpv6(text: string): Host | null {
  const [body = "", ...zone] = text.split("%");
  if (!isIPv6(body)) return null;
  const parsed = ipaddr.IPv6.parse(body);
  const address = parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString();
  return { kind: "ADDRESS", address, isPlain: zone.length === 0 };
}

function readName(text: string): Host | null {
  const labels = text.split(".");
  const last = labels.at(-1) ?? "";
  // A name that ends in a number is what some readers take for an address and others look up.
  if (text.length > NAME_LENGTH_LIMIT || NUMBER_PATTERN.test(last)) return null;
  return labels.every((label) => LABEL_PATTERN.test(label)) ? { kind: "NAME", name: text } : null;
}

/** One to four numbers, each decimal, octal (leading 0) or hexadecimal; the last one fills the bytes that are left. */
function readIpv4(text: string): string | null {
  if (PLAIN_IPV4.test(text)) return text;
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => NUMBER_PATTERN.test(part))) return null;
  const numbers = parts.map(readNumber);
  const last = numbers.pop() ?? Number.NaN;
  const isInRange = last < 256 ** (4 - numbers.length) && numbers.every((number) => number < 256);
  if (!isInRange) return null;
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** NaN for what no reader takes as a number, such as `08`: it then compares as out of range. */
function readNumber(text: string): number {
  if (text.startsWith("0x")) return text === "0x" ? 0 : Number.parseInt(text.slice(2), 16);
  if (!text.startsWith("0")) return Number.parseInt(text, 10);
  return /^0[0-7]*$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}
