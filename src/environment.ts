import { hostname } from "node:os";
import { resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { isApiKey } from "./access/api-key.rules.ts";
import {
  define,
  httpBase,
  isOrigin,
  isUrl,
  list,
  numberOrOff,
  optional,
  PORT_OR_OFF,
  portOrOff,
  text,
  wholeNumber,
  type Definition,
  type EnvironmentVariable,
  type Values,
} from "./environment.define.ts";
import { ASSET_DEFINITIONS, findObjectStoreProblems } from "./environment.assets.ts";
import { findTokenProblems, TOKEN_DEFINITIONS } from "./environment.tokens.ts";
import { StartError } from "./shared/start-error.ts";
import { isNetwork } from "./network/address.rules.ts";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const PERSISTED_MODES = ["allow", "only"] as const;
const DEFINITIONS = {
  port: define({
    name: "PORT",
    fallback: "4000",
    allowed: "a whole number from 0 to 65535",
    meaning: "The port of the API and of the media; 0 takes any free one.",
    schema: wholeNumber(0, 65_535),
  }),
  host: define({
    name: "HOST",
    fallback: "127.0.0.1",
    allowed: "an address of this machine, or a name of it",
    meaning: "The address to listen on. The default serves this machine alone; 0.0.0.0 or :: serves every network.",
    schema: text.regex(/^[0-9A-Za-z.:_-]+$/),
  }),
  dataDirectory: define({
    name: "HEADEND_DATA_DIR",
    fallback: "./data",
    allowed: "a directory",
    meaning: "Where the embedded database, the media and the keys of this installation are kept.",
    schema: text.transform((value) => resolve(value)),
  }),
  databaseUrl: define({
    name: "DATABASE_URL",
    allowed: "postgres://USER:PASSWORD@HOST:PORT/DATABASE, of PostgreSQL 15 or newer",
    meaning: "A database to use instead of the embedded one; several gateways and encoders share it.",
    isSecret: true,
    schema: optional(text.refine((value) => isUrl(value, ["postgres:", "postgresql:"]))),
  }),
  databaseConnections: define({
    name: "HEADEND_DATABASE_CONNECTIONS",
    fallback: "10",
    allowed: "a whole number from 2 to 100",
    meaning: "How many database connections requests may use at a time; a few more are kept for the encoder and for notifications.",
    schema: wholeNumber(2, 100),
  }),
  adminKey: define({
    name: "HEADEND_ADMIN_KEY",
    allowed: "an API key, as `headend key` makes one",
    meaning: "The ADMIN key to create at the first start, for automation. Left out, the first start makes one and shows it.",
    isSecret: true,
    schema: optional(text.refine(isApiKey)),
  }),
  ...TOKEN_DEFINITIONS,
  secretKey: define({
    name: "HEADEND_SECRET_KEY",
    allowed: "32 bytes as base64 or as 64 hexadecimal digits (openssl rand -base64 32)",
    meaning:
      "Encrypts stream keys, passphrases and the secrets of URLs in the database. Left out, the first start makes the file secret-key in the data directory. The same for all that share a database.",
    isSecret: true,
    schema: optional(
      text.regex(/^([0-9A-Fa-f]{64}|[0-9A-Za-z+/]{43}=)$/).transform((value) => Buffer.from(value, value.endsWith("=") ? "base64" : "hex")),
    ),
  }),
  ffmpegPath: define({
    name: "HEADEND_FFMPEG",
    allowed: "the path of a program",
    meaning: "The ffmpeg to run sessions with. Left out, the first one of PATH.",
    schema: optional(text),
  }),
  searchPath: define({
    name: "PATH",
    fallback: "/usr/local/bin:/usr/bin:/bin",
    allowed: "directories, with colons between them",
    meaning: "Where ffmpeg and ffprobe are looked for.",
    schema: text,
  }),
  region: define({
    name: "HEADEND_REGION",
    fallback: "local",
    allowed: "1 to 63 small letters, digits and hyphens",
    meaning: "The region that this encoder runs sessions of, and that sessions are put in when none is named.",
    schema: text.regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  }),
  publicUrl: define({
    name: "HEADEND_PUBLIC_URL",
    allowed: "an http or https URL",
    meaning: "The address under which players and browsers reach this gateway, behind a proxy for example. Left out, http://HOST:PORT.",
    schema: optional(httpBase),
  }),
  allowedOrigins: define({
    name: "HEADEND_ALLOWED_ORIGINS",
    fallback: "",
    allowed: "origins such as https://console.example.com, with commas between them",
    meaning: "Web pages of these origins may use the API, over HTTP (CORS) and WebSocket. Our own may always.",
    schema: list(isOrigin),
  }),
  embedOrigins: define({
    name: "HEADEND_EMBED_ORIGINS",
    fallback: "",
    allowed: "origins such as https://www.example.com, with commas between them",
    meaning: "Web pages of these origins may show the player page of events in a frame. Left out, none may.",
    schema: list(isOrigin),
  }),
  allowedNetworks: define({
    name: "HEADEND_ALLOWED_NETWORKS",
    fallback: "",
    allowed: "ranges such as 10.20.0.0/16 or fd00:1::/32, with commas between them",
    meaning: "Private and loopback addresses that inputs and outputs of sessions and webhooks may use; none by default.",
    schema: list(isNetwork),
  }),
  trustedProxies: define({
    name: "HEADEND_TRUSTED_PROXIES",
    fallback: "",
    allowed: "ranges such as 10.20.0.0/16 or fd00:1::/32, with commas between them",
    meaning:
      "Proxies whose X-Forwarded-For says where a call comes from, for the audit and for limits; without them, the address that connects.",
    schema: list(isNetwork),
  }),
  multicastInterface: define({
    name: "HEADEND_MULTICAST_INTERFACE",
    allowed: "an IPv4 address of this machine",
    meaning: "The interface on which multicast inputs are received. Left out, the system chooses.",
    schema: optional(text.refine((value) => ipaddr.IPv4.isValidFourPartDecimal(value))),
  }),
  encoderName: define({
    name: "HEADEND_ENCODER_NAME",
    fallback: hostname(),
    allowed: "1 to 200 characters",
    meaning: "The name under which the encoder of this process is shown; by default that of the machine.",
    schema: text.max(200),
  }),
  encoderCapacity: define({
    name: "HEADEND_ENCODER_CAPACITY",
    fallback: "20",
    allowed: "a whole number from 1 to 10000",
    meaning: "How many sessions the encoder of this process runs at a time.",
    schema: wholeNumber(1, 10_000),
  }),
  mediaUrl: define({
    name: "HEADEND_MEDIA_URL",
    allowed: "an http or https URL",
    meaning: "The address under which gateways reach the media of this encoder. Left out, http://HOST:PORT.",
    schema: optional(httpBase),
  }),
  ingestHost: define({
    name: "HEADEND_INGEST_HOST",
    allowed: "a name or an address",
    meaning: "The host that senders push to, as ingest URLs say it. Left out, HOST.",
    schema: optional(text.regex(/^[0-9A-Za-z.:_-]+$/)),
  }),
  rtmpPort: define({
    name: "HEADEND_RTMP_PORT",
    fallback: "1935",
    allowed: PORT_OR_OFF,
    meaning: "The TCP port at which the encoder of this process takes RTMP_PUSH inputs.",
    schema: portOrOff,
  }),
  rtmpsPort: define({
    name: "HEADEND_RTMPS_PORT",
    fallback: "1936",
    allowed: PORT_OR_OFF,
    meaning: "The same over TLS; served only with a certificate.",
    schema: portOrOff,
  }),
  tlsCertificateFile: define({
    name: "HEADEND_TLS_CERTIFICATE",
    allowed: "the path of a PEM file, with the chain",
    meaning: "The certificate of RTMPS. Left out, there is no RTMPS.",
    schema: optional(text),
  }),
  tlsKeyFile: define({
    name: "HEADEND_TLS_KEY",
    allowed: "the path of a PEM file that its owner alone may read",
    meaning: "The private key of that certificate.",
    schema: optional(text),
  }),
  srtPort: define({
    name: "HEADEND_SRT_PORT",
    fallback: "9710",
    allowed: PORT_OR_OFF,
    meaning: "The UDP port at which the encoder of this process takes SRT_PUSH inputs.",
    schema: portOrOff,
  }),
  persistedOperations: define({
    name: "HEADEND_PERSISTED_OPERATIONS",
    fallback: "allow",
    allowed: PERSISTED_MODES.join(" or "),
    meaning: "Whether the operations of schema/persisted-operations.json can be asked for by their hash, or are the only ones that run.",
    schema: z.enum(PERSISTED_MODES),
  }),
  ratePointsPerMinute: define({
    name: "HEADEND_RATE_LIMIT",
    fallback: "1000000",
    allowed: "a whole number from 1000 to 999999999, or off",
    meaning: "Cost points that come back to each credential per minute, at each gateway; about one point is one object asked for.",
    schema: numberOrOff(1_000, 999_999_999),
  }),
  rateBurst: define({
    name: "HEADEND_RATE_LIMIT_BURST",
    fallback: "1000000",
    allowed: "a whole number from 20000 to 999999999",
    meaning: "Cost points that a credential can spend at once. The dearest operation costs 10001.",
    schema: wholeNumber(20_000, 999_999_999),
  }),
  connectionsPerCaller: define({
    name: "HEADEND_SOCKETS_PER_CALLER",
    fallback: "5000",
    allowed: "a whole number from 1 to 1000000, or off",
    meaning: "Connections with subscriptions that one credential may have open at each gateway.",
    schema: numberOrOff(1, 1_000_000),
  }),
  connectionsPerAddress: define({
    name: "HEADEND_SOCKETS_PER_ADDRESS",
    fallback: "5000",
    allowed: "a whole number from 1 to 1000000, or off",
    meaning: "The same from one address. Behind a proxy set HEADEND_TRUSTED_PROXIES, or everybody is one address.",
    schema: numberOrOff(1, 1_000_000),
  }),
  subscriptionsPerCaller: define({
    name: "HEADEND_SUBSCRIPTIONS_PER_CALLER",
    fallback: "20000",
    allowed: "a whole number from 1 to 1000000, or off",
    meaning: "Subscriptions that one credential may have open at each gateway.",
    schema: numberOrOff(1, 1_000_000),
  }),
  metricsToken: define({
    name: "HEADEND_METRICS_TOKEN",
    allowed: "16 characters or more, without blanks",
    meaning: "What scrapers of /metrics send as a bearer token. Left out, only callers on this machine may read the metrics.",
    isSecret: true,
    schema: optional(text.regex(/^\S{16,}$/)),
  }),
  tracesEndpoint: define({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    allowed: "an http or https URL",
    meaning:
      "The OTLP receiver that traces are sent to, as JSON over HTTP. Left out, there are none. The exporter's other OTEL_EXPORTER_OTLP_ variables hold too.",
    schema: optional(httpBase),
  }),
  tracesShare: define({
    name: "OTEL_TRACES_SAMPLER_ARG",
    fallback: "1",
    allowed: "a number from 0 to 1",
    meaning: "The share of requests that are traced, where the caller's traceparent does not say.",
    schema: text.regex(/^(0|1|0?\.\d{1,9}|1\.0{1,9})$/).transform(Number),
  }),
  ...ASSET_DEFINITIONS,
  webhookSeconds: define({
    name: "HEADEND_WEBHOOK_SECONDS",
    fallback: "10",
    allowed: "a whole number from 2 to 60",
    meaning:
      "How long the receiver of a webhook may take to answer; for twice as long a gateway that was killed holds up what it was sending.",
    schema: wholeNumber(2, 60),
  }),
  logLevel: define({
    name: "HEADEND_LOG_LEVEL",
    fallback: "info",
    allowed: LOG_LEVELS.join(", "),
    meaning: "From which level on log lines are written.",
    schema: z.enum(LOG_LEVELS),
  }),
} as const satisfies Readonly<Record<string, Definition<unknown>>>;

export type Environment = Values<typeof DEFINITIONS>;

/** Every variable there is, in the order of docs/settings.md. */
export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = Object.values(DEFINITIONS);

/** A start ends with it; the message names each wrong variable and what it may be, and no secret. */
export class EnvironmentError extends StartError {
  override readonly name = "EnvironmentError";
}

/** Reads all variables at once. An empty one counts as not set, as many tools that pass them on cannot leave one out. */
export function readEnvironment(source: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const problems: string[] = [];
  const entries = Object.entries(DEFINITIONS).map(([field, { name, fallback, allowed, isSecret, schema }]) => {
    const given = source[name]?.trim() || undefined;
    const result = schema.safeParse(given ?? fallback ?? undefined);
    if (!result.success) problems.push(`${name}${isSecret ? "" : ` is ${JSON.stringify(given)} and`} must be ${allowed}.`);
    return [field, result.data];
  });
  if (problems.length === 0) problems.push(...findTokenProblems(source), ...findObjectStoreProblems(source));
  if (problems.length > 0) throw new EnvironmentError(problems.join("\n"));
  return Object.fromEntries(entries) as Environment;
}
