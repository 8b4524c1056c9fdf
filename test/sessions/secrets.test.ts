import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AccessLevel } from "../../src/access/level.rules.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { openFrontDoor, type Ask, type FrontDoor, type TestOrganization } from "../support/front-door.ts";

let door: FrontDoor;
let organization: TestOrganization;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());
beforeEach(async () => {
  organization = await door.organization();
});

const SOURCE = "id version source { streamKey { id mask isGenerated rotatedAt } srtPassphrase { id mask isGenerated rotatedAt } }";

interface ShownSecret {
  readonly id: string;
  readonly mask: string;
  readonly isGenerated: boolean;
  readonly rotatedAt: string | null;
}
interface ShownSession {
  readonly id: string;
  readonly version: number;
  readonly source: { readonly streamKey: ShownSecret; readonly srtPassphrase: ShownSecret };
}
interface Payload {
  readonly session: ShownSession;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}
interface Revealed {
  readonly value: string | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

async function create(name: string, source: object = {}, ask: Ask = organization.ask): Promise<Payload> {
  const { data } = await ask<{ createSession: Payload }>(
    `mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { ${SOURCE} } userErrors { code path message } } }`,
    { input: { name, source: { type: "SRT_PUSH", srtEncryptionEnabled: true, ...source }, playbacks: [] } },
  );
  return data.createSession;
}

async function reveal(id: string, ask: Ask = organization.ask): Promise<Revealed> {
  const query = "mutation ($input: RevealSecretInput!) { revealSecret(input: $input) { value userErrors { code path message } } }";
  return (await ask<{ revealSecret: Revealed }>(query, { input: { id } })).data.revealSecret;
}

async function rotate(id: string, value?: string, ask: Ask = organization.ask): Promise<Revealed> {
  const query = "mutation ($input: RotateSecretInput!) { rotateSecret(input: $input) { value userErrors { code path message } } }";
  return (await ask<{ rotateSecret: Revealed }>(query, { input: { id, ...(value !== undefined && { value }) } })).data.rotateSecret;
}

async function read(id: string): Promise<ShownSession> {
  return (await organization.ask<{ session: ShownSession }>(`query ($id: ID!) { session(id: $id) { ${SOURCE} } }`, { id })).data.session;
}

interface Entry {
  readonly verb: string;
  readonly outcome: string;
  readonly actor: string;
  readonly ipAddress: string | null;
  readonly objectIds: readonly string[];
}
async function audit(objectId: string): Promise<readonly Entry[]> {
  const query = "query ($objectId: ID) { auditEntries(objectId: $objectId) { nodes { verb outcome actor ipAddress objectIds } } }";
  return (await organization.ask<{ auditEntries: { nodes: Entry[] } }>(query, { objectId })).data.auditEntries.nodes;
}

describe("revealing a secret", () => {
  it("gives it out to an EDITOR, and the audit tells who and from where", async () => {
    const { session } = await create("One", { customStreamKey: "my.own-key_1", srtPassphrase: "correct horse battery" });
    const { streamKey, srtPassphrase } = session.source;
    const editor = await organization.as(AccessLevel.EDITOR);
    expect(await reveal(streamKey.id, editor)).toEqual({ value: "my.own-key_1", userErrors: [] });
    expect(await reveal(srtPassphrase.id, editor)).toEqual({ value: "correct horse battery", userErrors: [] });
    expect(await audit(streamKey.id)).toEqual([
      { verb: "REVEAL_SECRET", outcome: "ACCEPTED", actor: "key:EDITOR", ipAddress: "127.0.0.1", objectIds: [streamKey.id, session.id] },
    ]);
    expect((await audit(session.id)).map(({ verb }) => verb)).toEqual(["REVEAL_SECRET", "REVEAL_SECRET", "CREATE"]);
  });

  it("is refused to others, and the audit tells of it", async () => {
    const { session } = await create("One");
    for (const level of [AccessLevel.VIEWER, AccessLevel.OPERATOR]) {
      const refused = await reveal(session.source.streamKey.id, await organization.as(level));
      expect(refused).toMatchObject({ value: null, userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
    }
    expect((await audit(session.source.streamKey.id)).map(({ actor, outcome }) => [actor, outcome])).toEqual([
      ["key:OPERATOR", "FAILED"],
      ["key:VIEWER", "FAILED"],
    ]);
  });

  it("finds neither another organization's nor a URL's, and keeps nothing of it", async () => {
    const { session } = await create("One");
    const stranger = await door.organization();
    const input = { name: "Pull", source: { type: "SRT_PULL", urlA: "srt://93.184.216.34:9000?passphrase=correct-horse" }, playbacks: [] };
    const query = "mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { id } } }";
    await organization.ask(query, { input });
    const [stored] = await door.database.executor.execute<{ id: string }>(
      sql`select x.id from secrets x join sessions s on s.id = x.session_id where s.organization_id = ${organization.id} and x.kind = 'INPUT_URL_A'`,
    );
    for (const [id, ask] of [
      [session.source.streamKey.id, stranger.ask],
      [stored!.id, organization.ask],
      [newIdentifier("secret"), organization.ask],
      ["nonsense\u0000", organization.ask],
    ] as const) {
      const refused = await reveal(id, ask);
      expect(refused.value).toBeNull();
      expect(["NOT_FOUND", "INVALID_VALUE"]).toContain(refused.userErrors[0]?.code);
    }
    expect(await audit(session.source.streamKey.id)).toEqual([]);
    expect(await audit(stored!.id)).toEqual([]);
  });
});

describe("rotating a secret", () => {
  it("generates another one as for a new session, keeps its id, and counts the version up", async () => {
    const { session } = await create("One", { customStreamKey: "my.own-key_2", srtPassphrase: "correct horse battery" });
    const { streamKey, srtPassphrase } = session.source;
    expect(streamKey).toMatchObject({ isGenerated: false, rotatedAt: null });
    const rotated = await rotate(streamKey.id);
    expect(rotated.value).toMatch(/^[0-9a-z]{32}$/);
    expect(await reveal(streamKey.id)).toMatchObject({ value: rotated.value });
    expect((await rotate(srtPassphrase.id)).value).toMatch(/^[0-9a-z]{32}$/);
    const after = await read(session.id);
    expect(after.version).toBe(3);
    expect(after.source.streamKey).toMatchObject({ id: streamKey.id, isGenerated: true, rotatedAt: expect.any(String) });
    expect((await audit(srtPassphrase.id)).map(({ verb, outcome }) => [verb, outcome])).toEqual([["ROTATE_SECRET", "ACCEPTED"]]);
  });

  it("takes a value of the caller's that keeps the rules of its kind", async () => {
    const { session } = await create("One");
    const { streamKey, srtPassphrase } = session.source;
    expect((await rotate(srtPassphrase.id, "eine längere Passphrase")).userErrors).toMatchObject([
      { code: "INVALID_VALUE", path: ["input", "value"] },
    ]);
    expect((await rotate(srtPassphrase.id, "too short")).userErrors).toMatchObject([{ code: "INVALID_VALUE" }]);
    expect((await rotate(streamKey.id, "with blanks in it")).userErrors).toMatchObject([{ code: "INVALID_VALUE" }]);
    expect((await rotate(streamKey.id, "../../../etc/passwd")).userErrors).toMatchObject([{ code: "INVALID_VALUE" }]);
    expect(await rotate(srtPassphrase.id, "a passphrase of mine")).toEqual({ value: "a passphrase of mine", userErrors: [] });
    expect((await read(session.id)).source.srtPassphrase).toMatchObject({ isGenerated: false, rotatedAt: expect.any(String) });
    expect((await audit(streamKey.id)).map(({ outcome }) => outcome)).toEqual(["FAILED", "FAILED"]);
  });

  it("wants the session STOPPED and an EDITOR, and the audit tells of the attempts", async () => {
    const { session } = await create("One");
    const { streamKey } = session.source;
    const before = await reveal(streamKey.id);
    await door.database.executor.execute(sql`update sessions set status = 'RUNNING' where id = ${session.id}`);
    expect((await rotate(streamKey.id)).userErrors).toMatchObject([{ code: "INVALID_STATE" }]);
    expect((await rotate(streamKey.id, undefined, await organization.as(AccessLevel.OPERATOR))).userErrors).toMatchObject([
      { code: "ACCESS_LEVEL_REQUIRED" },
    ]);
    expect(await reveal(streamKey.id)).toEqual(before);
    expect((await audit(streamKey.id)).map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual([
      "REVEAL_SECRET ACCEPTED",
      "ROTATE_SECRET FAILED",
      "ROTATE_SECRET FAILED",
      "REVEAL_SECRET ACCEPTED",
    ]);
  });

  it("many at a time leaves one of the values, and each call was given what it set", async () => {
    const { session } = await create("One");
    const { streamKey } = session.source;
    const values = await Promise.all(Array.from({ length: 5 }, () => rotate(streamKey.id)));
    expect(values.map(({ value }) => value)).toContain((await reveal(streamKey.id)).value);
    expect((await read(session.id)).version).toBe(6);
  });
});

describe("a stream key that several sessions have", () => {
  const KEY = { customStreamKey: "one-key-for-all" };

  /** Creates a session that can be started. */
  async function createStartable(name: string, key: object, caller = organization): Promise<string> {
    const { data: made } = await caller.ask<{ createTemplate: { template: { id: string } } }>(
      `mutation ($name: String!) { createTemplate(input: { name: $name, renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
      { name },
    );
    const playback = { name: "web", type: "HTTP", hlsEnabled: true, templateId: made.createTemplate.template.id };
    const { data } = await caller.ask<{ createSession: Payload }>(
      "mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { id } userErrors { code path message } } }",
      { input: { name, source: { type: "RTMP_PUSH", ...key }, playbacks: [playback] } },
    );
    return data.createSession.session.id;
  }

  async function start(ids: readonly string[], caller = organization): Promise<readonly string[]> {
    const query = "mutation ($input: SessionBulkInput!) { startSessions(input: $input) { results { outcome error { code message } } } }";
    const { data } = await caller.ask<{
      startSessions: { results: { outcome: string; error: { code: string; message: string } | null }[] };
    }>(query, {
      input: { selection: { ids } },
    });
    return data.startSessions.results.map(({ outcome, error }) => error?.code ?? outcome);
  }

  const setStatus = (id: string, status: string) =>
    door.database.executor.execute(sql`update sessions set status = ${status} where id = ${id}`);

  it("is stored with each of them, and taken by the first that is started, whosever it is", async () => {
    const stranger = await door.organization();
    const [one, two] = [await createStartable("One", KEY), await createStartable("Two", KEY)];
    const three = await createStartable("Three", KEY, stranger);
    expect(await start([one, two])).toEqual(["ACCEPTED", "INVALID_STATE"]);
    expect(await start([three], stranger)).toEqual(["INVALID_STATE"]);
    expect(await start([two])).toEqual(["INVALID_STATE"]);
    await setStatus(one, "STOPPING");
    expect(await start([two])).toEqual(["INVALID_STATE"]);
    await setStatus(one, "STOPPED");
    expect(await start([three], stranger)).toEqual(["ACCEPTED"]);
    expect(await start([one, two])).toEqual(["INVALID_STATE", "INVALID_STATE"]);
    await setStatus(three, "FAILED");
    expect(await start([two])).toEqual(["ACCEPTED"]);
  });

  it("is another one once it is rotated", async () => {
    const [one, two] = [
      await createStartable("One", { customStreamKey: "to-be-rotated" }),
      await createStartable("Two", { customStreamKey: "to-be-rotated" }),
    ];
    expect(await start([one])).toEqual(["ACCEPTED"]);
    const { source } = await read(two);
    await rotate(source.streamKey.id);
    expect(await start([two])).toEqual(["ACCEPTED"]);
  });

  it("is taken by one of many starts at once", async () => {
    const ids = [];
    for (let index = 0; index < 5; index += 1) ids.push(await createStartable(`Race ${index}`, { customStreamKey: "raced-for-key" }));
    const outcomes = await Promise.all(ids.map((id) => start([id])));
    expect(outcomes.flat().toSorted()).toEqual(["ACCEPTED", ...Array<string>(4).fill("INVALID_STATE")]);
  });
});
