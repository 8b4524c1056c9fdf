import { exportJWK, exportSPKI, SignJWT } from "jose";
import { createClient } from "graphql-ws";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { TokenKeyTiming } from "../../src/access/token-keys.ts";
import { createTokenVerifier, type TokenSettings } from "../../src/access/token-verifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { createGraphqlClient, type GraphqlAnswer, type Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { makeKey, startTokenIssuer, type SigningKey, type TokenIssuer } from "../support/token-issuer.ts";

const AUDIENCE = "headend";
const CALLER = "{ caller { organization { id } accessLevel actor canIntrospect } }";

let issuer: TokenIssuer;
let server: TestServer;
let foreignKey: SigningKey;
beforeAll(async () => {
  issuer = await startTokenIssuer();
  server = await startServerOf(issuer);
  foreignKey = await makeKey("RS256");
});
afterAll(async () => {
  await server.stop();
  await issuer.shut();
});

interface Setup {
  readonly settings?: Partial<TokenSettings>;
  readonly timing?: Partial<TokenKeyTiming>;
  readonly share?: TestServer;
}

async function startServerOf(of: TokenIssuer, { settings, timing, share }: Setup = {}): Promise<TestServer> {
  const all: TokenSettings = {
    ...{ issuer: of.issuer, audience: AUDIENCE, keySetUrl: of.keySetUrl, algorithms: ["RS256"] },
    ...{ organizationClaim: "organization", levelClaim: "https://headend.example/level" },
    ...settings,
  };
  const tokens = createTokenVerifier(all, createLog({ level: "silent" }), timing);
  const started = await startTestServer({
    tokens,
    ...(share && { share }),
    limits: { guesses: { pointsPerMinute: 100_000, burst: 100_000 } },
  });
  return {
    ...started,
    async stop() {
      tokens.close();
      await started.stop();
    },
  };
}

/** An issuer and a gateway of a test's own, on the database of the file. */
async function startPair(setup: Omit<Setup, "share"> & { readonly mood?: TokenIssuer["mood"] } = {}) {
  const own = await startTokenIssuer();
  own.mood = setup.mood ?? "KEYS";
  onTestFinished(() => own.shut());
  const gateway = await startServerOf(own, { ...setup, share: server });
  onTestFinished(() => gateway.stop());
  return { issuer: own, gateway };
}

const seconds = () => Math.floor(Date.now() / 1_000);

function claims(of: TokenIssuer = issuer): Record<string, unknown> {
  return {
    ...{ iss: of.issuer, aud: AUDIENCE, sub: "ada", exp: seconds() + 300 },
    ...{ organization: server.organizationId, "https://headend.example/level": "OPERATOR" },
  };
}

function ask(token: string, url = server.url): Promise<GraphqlAnswer<Loose>> {
  return createGraphqlClient(url, token).ask(CALLER);
}

async function accepted(token: string, url?: string): Promise<Loose> {
  const { data, errors } = await ask(token, url);
  expect(errors).toEqual([]);
  return data!["caller"] as Loose;
}

describe("a token", () => {
  it("opens the door for its subject, at its organization and level", async () => {
    expect(await accepted(await issuer.sign(claims()))).toEqual({
      ...{ organization: { id: server.organizationId }, accessLevel: "OPERATOR", actor: "jwt:ada", canIntrospect: true },
    });
  });

  it.each([
    ["an audience among others", { aud: ["other", AUDIENCE] }, {}],
    ["a beginning within the tolerance", { nbf: Math.floor(Date.now() / 1_000) + 3 }, {}],
    [
      "a list of roles, of which the highest level counts",
      { "https://headend.example/level": ["VIEWER", "admin", "EDITOR", "OPERATOR", 7] },
      { accessLevel: "EDITOR" },
    ],
    ["a subject with blanks and letters of the world", { sub: "auth0|Ada Łovelace" }, { actor: "jwt:auth0|Ada Łovelace" }],
  ])("may have %s", async (_, changes, expected) => {
    expect(await accepted(await issuer.sign({ ...claims(), ...changes }))).toMatchObject(expected);
  });

  it("may name its organization by its name, in any case", async () => {
    const { data } = await server.ask("{ caller { organization { name } } }");
    const name = data!["caller"].organization.name as string;
    const token = await issuer.sign({ ...claims(), organization: name.toUpperCase() });
    expect((await accepted(token)).organization).toEqual({ id: server.organizationId });
  });

  it("is accounted for by its subject, and does no more than its level", async () => {
    const operator = createGraphqlClient(server.url, await issuer.sign(claims()));
    const editor = createGraphqlClient(
      server.url,
      await issuer.sign({ ...claims(), sub: "grace", "https://headend.example/level": "EDITOR" }),
    );
    const create = `mutation { createTemplate(input: { name: "Of tokens", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } userErrors { code } } }`;
    expect((await operator.graphql(create))["createTemplate"]).toEqual({ template: null, userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
    const { template } = (await editor.graphql(create))["createTemplate"] as Loose;
    const audit = await server.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { actor verb ipAddress } } }`, {
      id: template.id,
    });
    expect(audit["auditEntries"].nodes).toEqual([{ actor: "jwt:grace", verb: "CREATE", ipAddress: "127.0.0.1" }]);
  });
});

describe("a token that is not good", () => {
  const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

  /** Each way to make one, by what is wrong with it. */
  const WRONG: Readonly<Record<string, () => Promise<string>>> = {
    "no signature": async () => `${encode({ alg: "none" })}.${encode(claims())}.`,
    "no signature, with text in its place": async () => `${encode({ alg: "none" })}.${encode(claims())}.x`,
    "NONE in another case": async () => `${encode({ alg: "nOnE" })}.${encode(claims())}.x`,
    "a shared secret that is the public key's PEM": async () => signHmac(await exportSPKI(issuer.currentKey().publicKey)),
    "a shared secret that is the public key's modulus": async () =>
      signHmac(Buffer.from((await exportJWK(issuer.currentKey().publicKey)).n!, "base64url")),
    "another algorithm with the right key": async () => signWith("RS512"),
    "a key that nobody knows": async () => issuer.sign(claims(), { key: foreignKey }),
    "another key under a known name": async () => issuer.sign(claims(), { key: { ...foreignKey, kid: issuer.currentKey().kid } }),
    "a key of its own in its header": async () =>
      issuer.sign(claims(), { key: foreignKey, header: { jwk: await exportJWK(foreignKey.publicKey) } }),
    "an address of keys in its header": async () =>
      issuer.sign(claims(), { key: foreignKey, header: { jku: "http://127.0.0.1:1/keys", x5u: "http://127.0.0.1:1/x5u" } }),
    "a header that wants to be understood": async () => {
      const token = await issuer.sign(claims());
      return `${encode({ alg: "RS256", kid: issuer.currentKey().kid, crit: ["exp2"], exp2: 1 })}.${token.split(".").slice(1).join(".")}`;
    },
    "other claims than were signed": async () => {
      const [header, , signature] = (await issuer.sign(claims())).split(".");
      return `${header}.${encode({ ...claims(), "https://headend.example/level": "ADMIN" })}.${signature}`;
    },
    "claims that are no JSON": async () => `${encode({ alg: "RS256" })}.${encode("not json")}.${encode("x")}`,
    "three dots and nothing": async () => "a.b.c",
    "the length of a book": async () => issuer.sign({ ...claims(), book: "x".repeat(8_000) }),
    "the claims of another issuer": () => issuer.sign({ ...claims(), iss: "https://another.example/" }),
    "an issuer without its slash": () => issuer.sign({ ...claims(), iss: issuer.issuer.replace(/\/$/, "") }),
    "an issuer that is a list": () => issuer.sign({ ...claims(), iss: [issuer.issuer] }),
    "another audience": () => issuer.sign({ ...claims(), aud: "billing" }),
    "an end that has passed": () => issuer.sign({ ...claims(), exp: seconds() - 1 }),
    "an end that is text": () => issuer.sign({ ...claims(), exp: "2099-01-01" }),
    "an end beyond the calendar": () => issuer.sign({ ...claims(), exp: 1e15 }),
    "a beginning in the future": () => issuer.sign({ ...claims(), nbf: seconds() + 60 }),
    "a subject that is a number": () => issuer.sign({ ...claims(), sub: 7 }),
    "a subject of blanks": () => issuer.sign({ ...claims(), sub: "  " }),
    "a subject with NUL": () => issuer.sign({ ...claims(), sub: "a\u0000b" }),
    "a subject with half a character": () => issuer.sign({ ...claims(), sub: "a\ud800" }),
    "a subject with a line break": () => issuer.sign({ ...claims(), sub: "ada\nlevel=ADMIN" }),
    "a subject without end": () => issuer.sign({ ...claims(), sub: "x".repeat(201) }),
    "an organization that there is not": () => issuer.sign({ ...claims(), organization: "Nobody" }),
    "an organization's id that there is not": () => issuer.sign({ ...claims(), organization: "organization_00000000000000000000000000" }),
    "an organization that is a list": () => issuer.sign({ ...claims(), organization: [server.organizationId] }),
    "an organization with NUL": () => issuer.sign({ ...claims(), organization: "a\u0000" }),
    "a level that there is not": () => issuer.sign({ ...claims(), "https://headend.example/level": "ROOT" }),
    "a level that every object has": () => issuer.sign({ ...claims(), "https://headend.example/level": "constructor" }),
    "a level in small letters": () => issuer.sign({ ...claims(), "https://headend.example/level": "admin" }),
    "roles of which none is a level": () => issuer.sign({ ...claims(), "https://headend.example/level": ["sales", null] }),
    ...Object.fromEntries(
      ["iss", "aud", "exp", "sub", "organization", "https://headend.example/level"].map((name) => [
        `no ${name}`,
        () => issuer.sign(Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name))),
      ]),
    ),
  };

  function signHmac(secret: string | Uint8Array): Promise<string> {
    const bytes = typeof secret === "string" ? Buffer.from(secret) : secret;
    return new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid: issuer.currentKey().kid }).sign(bytes);
  }

  async function signWith(alg: string): Promise<string> {
    const { privateKey, kid } = issuer.currentKey();
    const key = await crypto.subtle.importKey(
      "pkcs8",
      await crypto.subtle.exportKey("pkcs8", privateKey),
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
      false,
      ["sign"],
    );
    return new SignJWT(claims()).setProtectedHeader({ alg, kid }).sign(key);
  }

  it("is answered as no credential at all is, whatever is wrong with it", async () => {
    const { status, errors } = await createGraphqlClient(server.url, null).ask(CALLER);
    expect({ status, code: errors[0]?.extensions.code }).toEqual({ status: 401, code: "UNAUTHENTICATED" });
    const answers: Record<string, unknown> = {};
    for (const [what, make] of Object.entries(WRONG)) {
      const answer = await ask(await make());
      answers[what] = [
        answer.status,
        answer.errors.map((error) => [error.message, error.extensions.code]),
        answer.headers.get("www-authenticate"),
      ];
    }
    const same = [401, [[errors[0]?.message, "UNAUTHENTICATED"]], "Bearer"];
    expect(answers).toEqual(Object.fromEntries(Object.keys(WRONG).map((what) => [what, same])));
  });

  it("is any token where there is no issuer", async () => {
    const other = await startTestServer({ share: server });
    onTestFinished(() => other.stop());
    expect((await ask(await issuer.sign(claims()), other.url)).status).toBe(401);
  });
});

describe("a socket with a token", () => {
  const WATCH = "subscription { sessionChanges(snapshot: true) { kind session { name } } }";

  it("ends with the token, is told nothing later, and goes on with another one", async () => {
    const names: string[] = [];
    const closes: { readonly code: number; readonly at: number }[] = [];
    const ends: number[] = [];
    const client = createClient({
      url: `${server.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryWait: () => wait(20),
      async connectionParams() {
        const exp = Date.now() / 1_000 + (ends.length === 0 ? 2 : 300);
        ends.push(exp * 1_000);
        return { authorization: `Bearer ${await issuer.sign({ ...claims(), exp })}` };
      },
      on: { closed: (event) => closes.push({ code: (event as { code: number }).code, at: Date.now() }) },
    });
    onTestFinished(() => void client.dispose());
    client.subscribe<Loose>(
      { query: WATCH },
      {
        next: ({ data }) => void (data?.["sessionChanges"].session && names.push(data["sessionChanges"].session.name as string)),
        error: (error) => expect.fail(JSON.stringify(error)),
        complete: () => undefined,
      },
    );
    await expect.poll(() => closes.length, { timeout: 10_000 }).toBe(1);
    expect(closes[0]?.code).toBe(4403);
    expect(closes[0]!.at - ends[0]!).toBeGreaterThanOrEqual(-50);
    expect(closes[0]!.at - ends[0]!).toBeLessThan(1_000);
    await expect.poll(() => ends.length).toBe(2);
    await server.graphql(
      `mutation { createSession(input: { name: "After the token", source: { type: SRT_PULL, urlA: "srt://127.0.0.1:9000" }, playbacks: [] }) { userErrors { code } } }`,
    );
    await expect.poll(() => names, { timeout: 10_000 }).toContain("After the token");
    expect(closes).toHaveLength(1);
  });

  it("is told nothing after the token's end, however much happens", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => socket.terminate());
    const told: number[] = [];
    socket.on("message", () => told.push(Date.now()));
    const closed = once(socket, "close");
    await once(socket, "open");
    const exp = Date.now() / 1_000 + 3;
    socket.send(
      JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${await issuer.sign({ ...claims(), exp })}` } }),
    );
    await once(socket, "message");
    socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query: "subscription { sessionChanges { kind } }" } }));
    let isOpen = true;
    void closed.then(() => (isOpen = false));
    for (let round = 0; isOpen; round += 1) {
      const input = `{ name: "Busy ${round}", source: { type: SRT_PULL, urlA: "srt://127.0.0.1:9000" }, playbacks: [] }`;
      await server.graphql(`mutation { createSession(input: ${input}) { userErrors { code } } }`);
    }
    expect((await closed)[0]).toBe(4403);
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)! - exp * 1_000).toBeLessThan(1_000);
  });

  it.each([
    ["a wrong one", "KEYS", 4403],
    ["one that cannot be checked for now", "ERROR", 1013],
  ] as const)("does not open with %s, and its client tries again", async (_, mood, code) => {
    const { issuer: own, gateway } = await startPair({ mood });
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => socket.terminate());
    const closed = once(socket, "close");
    await once(socket, "open");
    const authorization = `Bearer ${await own.sign({ ...claims(own), aud: mood === "KEYS" ? "other" : AUDIENCE })}`;
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
    expect((await closed)[0]).toBe(code);
  });
});

describe("an issuer's keys", () => {
  it("are taken over when they change, and the old ones forgotten", async () => {
    const { issuer: own, gateway } = await startPair({ timing: { cooldown: 0 } });
    const old = own.currentKey();
    await accepted(await own.sign(claims(own)), gateway.url);
    await own.rotate({ keepOld: true });
    await accepted(await own.sign(claims(own)), gateway.url);
    await accepted(await own.sign(claims(own), { key: old }), gateway.url);
    await own.rotate();
    await accepted(await own.sign(claims(own)), gateway.url);
    expect((await ask(await own.sign(claims(own), { key: old }), gateway.url)).status).toBe(401);
  });

  it("are forgotten without anybody's asking once the issuer has withdrawn them", async () => {
    const { issuer: own, gateway } = await startPair({ timing: { refresh: 100 } });
    const token = await own.sign(claims(own));
    await accepted(token, gateway.url);
    await own.rotate();
    await expect.poll(async () => (await ask(token, gateway.url)).status, { timeout: 10_000 }).toBe(401);
  });

  it("are asked for once, however many tokens with unknown ones come", async () => {
    const { issuer: own, gateway } = await startPair();
    await accepted(await own.sign(claims(own)), gateway.url);
    const before = own.requestCount();
    const strange = await Promise.all(
      Array.from({ length: 200 }, (_, index) => own.sign(claims(own), { header: { kid: `nobody-${index}` } })),
    );
    const statuses = await Promise.all(strange.map(async (token) => (await ask(token, gateway.url)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(own.requestCount() - before).toBeLessThanOrEqual(1);
  });

  it("serve on while the issuer is away, and an unknown one is then no wrong credential", async () => {
    const { issuer: own, gateway } = await startPair({ timing: { cooldown: 0, refresh: 50, pause: 10 } });
    const token = await own.sign(claims(own));
    await accepted(token, gateway.url);
    await own.shut();
    await own.rotate();
    const newer = await ask(await own.sign(claims(own)), gateway.url);
    expect([newer.status, newer.errors[0]?.extensions.code, newer.headers.get("retry-after")]).toEqual([503, "SERVICE_UNAVAILABLE", "1"]);
    await accepted(token, gateway.url);
    await own.open();
    await expect.poll(async () => (await ask(await own.sign(claims(own)), gateway.url)).status, { timeout: 10_000 }).toBe(200);
  });

  it.each(["FROZEN", "HTML", "ERROR"] as const)(
    "that were never had are a fault of ours to try again, not the caller's: %s",
    async (mood) => {
      const { issuer: own, gateway } = await startPair({ mood, timing: { deadline: 500, pause: 60_000 } });
      const token = await own.sign(claims(own));
      const began = Date.now();
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token, gateway.url)));
      expect(Date.now() - began).toBeLessThan(5_000);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      expect(new Set(answers.map(({ errors }) => errors[0]?.extensions.code))).toEqual(new Set(["SERVICE_UNAVAILABLE"]));
      expect(answers[0]?.errors[0]?.message).not.toMatch(/127\.0\.0\.1|keys\b.*http/);
      // Nobody who calls has the issuer asked again and again, and API keys have nothing to do with it.
      expect(own.requestCount()).toBeLessThanOrEqual(1);
      expect((await gateway.ask(CALLER)).errors).toEqual([]);
      expect((await ask("a.b.c", gateway.url)).status).toBe(401);
    },
  );

  it("that are none at all make every token a wrong one", async () => {
    const { issuer: own, gateway } = await startPair({ mood: "NO_KEYS" });
    expect((await ask(await own.sign(claims(own)), gateway.url)).status).toBe(401);
  });

  it("are found by the issuer's configuration, and not by that of another one", async () => {
    const { issuer: own, gateway } = await startPair({ settings: { keySetUrl: null } });
    await accepted(await own.sign(claims(own)), gateway.url);
    const other = await startPair({ settings: { keySetUrl: null }, mood: "FOREIGN" });
    expect((await ask(await other.issuer.sign(claims(other.issuer)), other.gateway.url)).status).toBe(503);
  });

  it("may be in a file", async () => {
    const key = await makeKey("ES256");
    const directory = mkdtempSync(join(tmpdir(), "headend-keys-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "keys of ours.json");
    writeFileSync(path, JSON.stringify({ keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid }] }));
    const settings = { issuer: "our-backend", keySetUrl: pathToFileURL(path).href, algorithms: ["ES256", "EdDSA"] };
    const gateway = await startServerOf(issuer, { settings, share: server });
    onTestFinished(() => gateway.stop());
    const token = await issuer.sign({ ...claims(), iss: "our-backend" }, { key, alg: "ES256" });
    expect((await accepted(token, gateway.url)).actor).toBe("jwt:ada");
  });
});
