import { parseUrl } from "../network/url.parser.ts";

/** Lengths of keys that SRT knows, in bytes. */
export type KeyBytes = 16 | 24 | 32;

/** A receiver that we call, and how; everything that the options of its URL say. */
export interface SrtTarget {
  readonly port: number;
  readonly streamId: string | null;
  readonly passphrase: string | null;
  /** Null takes what the receiver proposes, else 16. */
  readonly keyBytes: KeyBytes | null;
  /** Without it, a receiver with another passphrase or none is connected to all the same, and cannot read what it gets. */
  readonly isEncryptionEnforced: boolean;
  /** The delay that we ask for what we receive, which is nothing, and the one that the receiver should keep at least. */
  readonly ownLatencyMilliseconds: number;
  readonly peerLatencyMilliseconds: number;
  readonly dropsLatePackets: boolean;
  readonly wantsPeriodicLossReports: boolean;
  readonly payloadBytes: number;
  readonly connectTimeoutMilliseconds: number;
  readonly rate: SendRate;
  readonly keyRefreshPackets: number;
  readonly keyAnnouncePackets: number;
  readonly ttl: number | null;
}

/** How fast to send at most, in bytes per second; MEASURED is a multiple of what comes in. */
export type SendRate =
  | { readonly kind: "UNLIMITED" }
  | { readonly kind: "FIXED"; readonly bytesPerSecond: number }
  | { readonly kind: "MEASURED"; readonly factor: number };

const DEFAULT_LATENCY_MICROSECONDS = 120_000;
const DEFAULT_PAYLOAD_BYTES = 1_316;
const TS_PACKET_BYTES = 188;
const DEFAULT_CONNECT_MILLISECONDS = 3_000;
const DEFAULT_OVERHEAD_PERCENT = 25;
const DEFAULT_REFRESH_PACKETS = 0x0100_0000;
/** Well before packet numbers, which counters are made of, come round: the same key would encrypt twice with one counter. */
const REFRESH_PACKETS_LIMIT = 0x2000_0000;
const DEFAULT_ANNOUNCE_PACKETS = 0x1000;

/** Reads the URL of a receiver as ffmpeg would; null for one that names none. What options there may be was checked when it was saved. */
export function readSrtTarget(url: string): SrtTarget | null {
  const reading = parseUrl(url);
  if ("problem" in reading || reading.url.scheme !== "srt" || reading.url.port === null) return null;
  const options = new Map(reading.url.query.map(({ name, value }) => [name, value ?? ""]));
  // A plus is a blank to ffmpeg, and a percent sign nothing but itself.
  const text = (...names: readonly string[]): string | null => {
    const value = names.map((name) => options.get(name)).find((given) => given !== undefined && given !== "");
    return value === undefined ? null : value.replaceAll("+", " ");
  };
  const number = (name: string, otherwise: number): number => {
    const value = options.get(name);
    return value !== undefined && /^[0-9]{1,15}$/.test(value) ? Number(value) : otherwise;
  };
  const latency = number("latency", DEFAULT_LATENCY_MICROSECONDS);
  const milliseconds = (name: string): number => Math.min(0xffff, Math.floor(number(name, latency) / 1_000));
  const keyRefreshPackets = Math.min(number("kmrefreshrate", 0) || DEFAULT_REFRESH_PACKETS, REFRESH_PACKETS_LIMIT);
  const payload = number("payload_size", number("pkt_size", DEFAULT_PAYLOAD_BYTES));
  return {
    port: reading.url.port,
    streamId: text("streamid", "srt_streamid"),
    passphrase: text("passphrase"),
    keyBytes: ([16, 24, 32] as const).find((bytes) => bytes === number("pbkeylen", 0)) ?? null,
    isEncryptionEnforced: number("enforced_encryption", 1) !== 0,
    ownLatencyMilliseconds: milliseconds("rcvlatency"),
    peerLatencyMilliseconds: milliseconds("peerlatency"),
    dropsLatePackets: number("tlpktdrop", 1) !== 0,
    wantsPeriodicLossReports: number("nakreport", 1) !== 0,
    payloadBytes: Math.max(TS_PACKET_BYTES, payload - (payload % TS_PACKET_BYTES)),
    connectTimeoutMilliseconds: number("connect_timeout", DEFAULT_CONNECT_MILLISECONDS),
    rate: rateOf({ maximum: number("maxbw", -1), input: number("inputbw", 0), overhead: number("oheadbw", DEFAULT_OVERHEAD_PERCENT) }),
    keyRefreshPackets,
    keyAnnouncePackets: Math.min(number("kmpreannounce", 0) || DEFAULT_ANNOUNCE_PACKETS, Math.floor((keyRefreshPackets - 1) / 2)),
    ttl: number("ipttl", 0) || null,
  };
}

/** As libsrt has it: a maximum of zero is one that goes by the input, which is measured when it is not told. */
function rateOf({ maximum, input, overhead }: Readonly<Record<"maximum" | "input" | "overhead", number>>): SendRate {
  if (maximum < 0) return { kind: "UNLIMITED" };
  if (maximum > 0) return { kind: "FIXED", bytesPerSecond: maximum };
  const factor = 1 + overhead / 100;
  return input > 0 ? { kind: "FIXED", bytesPerSecond: input * factor } : { kind: "MEASURED", factor };
}
