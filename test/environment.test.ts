import { describe, expect, it } from "vitest";
import { newApiKey } from "../src/access/api-key.rules.ts";
import { s3SettingsOf, tokenSettingsOf } from "../src/environment.settings.ts";
import { ENVIRONMENT_VARIABLES, EnvironmentError, readEnvironment } from "../src/environment.ts";

const KEY = Buffer.alloc(32, 7);

function problem(source: Readonly<Record<string, string>>): string {
  try {
    readEnvironment(source);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
  }
  throw new Error("No problem was told");
}

describe("an environment with nothing set", () => {
  it("serves this machine alone, with the data beside it", () => {
    const environment = readEnvironment({});
    expect(environment).toMatchObject({
      port: 4000,
      host: "127.0.0.1",
      region: "local",
      databaseUrl: null,
      adminKey: null,
      secretKey: null,
    });
    expect(environment).toMatchObject({ allowedOrigins: [], allowedNetworks: [], ffmpegPath: null, publicUrl: null, logLevel: "info" });
    expect(environment.dataDirectory).toBe(`${process.cwd()}/data`);
  });

  it("is the same as one with every variable empty", () => {
    const empty = Object.fromEntries(ENVIRONMENT_VARIABLES.map(({ name }) => [name, " "]));
    expect(readEnvironment(empty)).toEqual(readEnvironment({}));
  });
});

it.each([
  ["PORT", "0", { port: 0 }],
  ["PORT", " 8080 ", { port: 8080 }],
  ["HOST", "::", { host: "::" }],
  ["HEADEND_PUBLIC_URL", "https://live.example.com/headend/", { publicUrl: "https://live.example.com/headend" }],
  [
    "HEADEND_ALLOWED_ORIGINS",
    "https://a.example.com, http://localhost:3000",
    { allowedOrigins: ["https://a.example.com", "http://localhost:3000"] },
  ],
  ["HEADEND_ALLOWED_NETWORKS", "10.0.0.0/8,fd00::/8", { allowedNetworks: ["10.0.0.0/8", "fd00::/8"] }],
  ["HEADEND_TRUSTED_PROXIES", "10.0.0.1/32", { trustedProxies: ["10.0.0.1/32"] }],
  ["HEADEND_MULTICAST_INTERFACE", "192.168.1.4", { multicastInterface: "192.168.1.4" }],
  ["HEADEND_RTMP_PORT", "0", { rtmpPort: 0 }],
  ["HEADEND_SRT_PORT", "off", { srtPort: null }],
  ["HEADEND_PERSISTED_OPERATIONS", "only", { persistedOperations: "only" }],
  ["HEADEND_RATE_LIMIT", "off", { ratePointsPerMinute: null }],
  ["HEADEND_S3_PATH_STYLE", "off", { s3PathStyle: false }],
  ["HEADEND_S3_PREFIX", "channel.4", { s3Prefix: "channel.4" }],
  ["HEADEND_RATE_LIMIT", "5000", { ratePointsPerMinute: 5_000 }],
  ["HEADEND_SOCKETS_PER_CALLER", "7", { connectionsPerCaller: 7 }],
  ["HEADEND_SECRET_KEY", KEY.toString("base64"), { secretKey: KEY }],
  ["HEADEND_SECRET_KEY", KEY.toString("hex"), { secretKey: KEY }],
  ["DATABASE_URL", "postgresql://headend@db/headend", { databaseUrl: "postgresql://headend@db/headend" }],
])("takes %s=%s", (name, value, expected) => {
  expect(readEnvironment({ [name]: value })).toMatchObject(expected);
});

it.each([
  ["PORT", "abc"],
  ["PORT", "0x10"],
  ["PORT", "1e3"],
  ["PORT", "-1"],
  ["HEADEND_SRT_PORT", "none"],
  ["HEADEND_RTMP_PORT", "65536"],
  ["PORT", "4000.5"],
  ["PORT", "65536"],
  ["HOST", "a b"],
  ["DATABASE_URL", "mysql://host/database"],
  ["DATABASE_URL", "nonsense"],
  ["HEADEND_ADMIN_KEY", "hek_short"],
  ["HEADEND_ADMIN_KEY", `${newApiKey().slice(0, -1)}!`],
  ["HEADEND_SECRET_KEY", "too short"],
  ["HEADEND_SECRET_KEY", KEY.subarray(1).toString("base64")],
  ["HEADEND_REGION", "EU West"],
  ["HEADEND_PUBLIC_URL", "javascript:alert(1)"],
  ["HEADEND_PUBLIC_URL", "live.example.com"],
  ["HEADEND_ALLOWED_ORIGINS", "*"],
  ["HEADEND_ALLOWED_ORIGINS", "https://a.example.com/path"],
  ["HEADEND_ALLOWED_NETWORKS", "10.0.0.0"],
  ["HEADEND_ALLOWED_NETWORKS", "10.0.0.0/33"],
  ["HEADEND_MULTICAST_INTERFACE", "eth0"],
  ["HEADEND_MULTICAST_INTERFACE", "1.2.3"],
  ["HEADEND_ENCODER_CAPACITY", "0"],
  ["HEADEND_PERSISTED_OPERATIONS", "off"],
  ["HEADEND_RATE_LIMIT", "0"],
  ["HEADEND_RATE_LIMIT_BURST", "10000"],
  ["HEADEND_RATE_LIMIT_BURST", "off"],
  ["HEADEND_SUBSCRIPTIONS_PER_CALLER", "none"],
  ["HEADEND_LOG_LEVEL", "loud"],
])("refuses %s=%s by its name and with what it may be", (name, value) => {
  const message = problem({ [name]: value });
  const variable = ENVIRONMENT_VARIABLES.find((each) => each.name === name);
  expect(message).toContain(name);
  expect(message).toContain(variable?.allowed);
});

it("tells of every wrong variable at once, and of no secret's value", () => {
  const message = problem({
    PORT: "abc",
    HEADEND_REGION: "!",
    HEADEND_ADMIN_KEY: "hek_nearly-a-key",
    DATABASE_URL: "oracle://scott:tiger@db",
  });
  expect(message.split("\n")).toHaveLength(4);
  expect(message).not.toMatch(/nearly-a-key|tiger/);
});

it("describes each variable, under a name of its own", () => {
  expect(new Set(ENVIRONMENT_VARIABLES.map(({ name }) => name)).size).toBe(ENVIRONMENT_VARIABLES.length);
  for (const { meaning, allowed } of ENVIRONMENT_VARIABLES) expect(Math.min(meaning.length, allowed.length)).toBeGreaterThan(0);
});

describe("the variables of tokens", () => {
  const WHOLE = { HEADEND_JWT_ISSUER: "https://id.example.com/", HEADEND_JWT_AUDIENCE: "headend" };

  it("say whose tokens are taken, and are nothing while none is set", () => {
    expect(tokenSettingsOf(readEnvironment({}))).toBeNull();
    expect(tokenSettingsOf(readEnvironment(WHOLE))).toEqual({
      ...{ issuer: "https://id.example.com/", audience: "headend", keySetUrl: null, algorithms: ["RS256"] },
      ...{ organizationClaim: "organization", levelClaim: "access_level" },
    });
    expect(
      tokenSettingsOf(
        readEnvironment({
          ...{ HEADEND_JWT_ISSUER: "our-backend", HEADEND_JWT_AUDIENCE: "headend", HEADEND_JWT_JWKS_URL: "file:///etc/keys.json" },
          ...{ HEADEND_JWT_ALGORITHMS: "ES256, EdDSA", HEADEND_JWT_LEVEL_CLAIM: "https://example.com/level" },
        }),
      ),
    ).toMatchObject({ keySetUrl: "file:///etc/keys.json", algorithms: ["ES256", "EdDSA"], levelClaim: "https://example.com/level" });
  });

  it.each([
    ["HEADEND_JWT_AUDIENCE", { HEADEND_JWT_ISSUER: "https://id.example.com" }],
    ["HEADEND_JWT_JWKS_URL", { ...WHOLE, HEADEND_JWT_ISSUER: "our-backend" }],
    ["HEADEND_JWT_JWKS_URL", { ...WHOLE, HEADEND_JWT_JWKS_URL: "ldap://id.example.com" }],
    ["HEADEND_JWT_JWKS_URL", { ...WHOLE, HEADEND_JWT_JWKS_URL: "https://user:secret@id.example.com" }],
    ["HEADEND_JWT_ISSUER,", { HEADEND_JWT_AUDIENCE: "headend" }],
    ["HEADEND_JWT_LEVEL_CLAIM", { HEADEND_JWT_LEVEL_CLAIM: "level" }],
    ["HEADEND_JWT_ALGORITHMS", { ...WHOLE, HEADEND_JWT_ALGORITHMS: "HS256" }],
    ["HEADEND_JWT_ALGORITHMS", { ...WHOLE, HEADEND_JWT_ALGORITHMS: "RS256,none" }],
    ["HEADEND_JWT_ALGORITHMS", { ...WHOLE, HEADEND_JWT_ALGORITHMS: "," }],
  ])("end the start by the name of what is wrong: %s", (name, source) => {
    expect(problem(source)).toContain(`${name} `);
  });
});

describe("an object store", () => {
  const store = { HEADEND_S3_BUCKET: "assets", HEADEND_S3_ACCESS_KEY_ID: "key", HEADEND_S3_SECRET_ACCESS_KEY: "secret" };

  it("is a bucket and keys, at Amazon unless it is said where", () => {
    expect(s3SettingsOf(readEnvironment({}))).toBeNull();
    const common = { bucket: "assets", accessKeyId: "key", secretAccessKey: "secret", region: "us-east-1", isPathStyle: true };
    expect(s3SettingsOf(readEnvironment(store))).toEqual({ ...common, endpoint: null, prefix: "headend" });
    const elsewhere = { ...store, HEADEND_S3_ENDPOINT: "https://store.example.com/", HEADEND_S3_REGION: "eu-1" };
    expect(s3SettingsOf(readEnvironment(elsewhere))).toMatchObject({ endpoint: "https://store.example.com", region: "eu-1" });
  });

  it("is whole or not there", () => {
    expect(problem({ HEADEND_S3_BUCKET: "assets" })).toBe(
      "HEADEND_S3_ACCESS_KEY_ID must be a text without blanks, since HEADEND_S3_BUCKET is set.\nHEADEND_S3_SECRET_ACCESS_KEY must be a text without blanks, since HEADEND_S3_BUCKET is set.",
    );
    expect(problem({ HEADEND_S3_ENDPOINT: "https://store.example.com" })).toBe(
      "HEADEND_S3_ENDPOINT is set without HEADEND_S3_BUCKET, which must be the name of a bucket.",
    );
  });
});
