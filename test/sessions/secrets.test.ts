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

describe("a stream key of the caller's own", () => {
  const refusal = (path: readonly string[]) => [{ code: "INVALID_VALUE", path, message: expect.stringContaining("cannot be used") }];

  it("belongs to one session of the installation, and a refusal does not say to whose", async () => {
    const { session } = await create("One", { customStreamKey: "one-key-for-all" });
    const stranger = await door.organization();
    const path = ["input", "source", "customStreamKey"];
    const [own, others] = [
      await create("Two", { customStreamKey: "one-key-for-all" }),
      await create("Two", { customStreamKey: "one-key-for-all" }, stranger.ask),
    ];
    expect(own.userErrors).toEqual(refusal(path));
    expect(others).toEqual(own);
    const { session: two } = await create("Two");
    expect((await rotate(two.source.streamKey.id, "one-key-for-all")).userErrors).toEqual(refusal(["input", "value"]));
    expect((await rotate(session.source.streamKey.id, "one-key-for-all")).value).toBe("one-key-for-all");
    const query =
      "mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { session { id } userErrors { code path message } } }";
    const update = async (id: string) =>
      (await organization.ask<{ updateSession: Payload }>(query, { input: { id, source: { customStreamKey: "one-key-for-all" } } })).data
        .updateSession;
    expect((await update(two.id)).userErrors).toEqual(refusal(path));
    expect((await update(session.id)).userErrors).toEqual([]);
  });

  it("is free again once its session is gone or has another one", async () => {
    const { session } = await create("One", { customStreamKey: "a-key-that-moves" });
    await rotate(session.source.streamKey.id);
    const { session: two } = await create("Two", { customStreamKey: "a-key-that-moves" });
    await organization.ask("mutation ($input: SessionBulkInput!) { deleteSessions(input: $input) { acceptedCount } }", {
      input: { selection: { ids: [two.id] } },
    });
    expect((await create("Three", { customStreamKey: "a-key-that-moves" })).userErrors).toEqual([]);
  });

  it("is refused twice in one call, and to all but one of many calls at once", async () => {
    const query = "mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { userErrors { code path message } } }";
    const session = (name: string) => ({ name, source: { type: "RTMP_PUSH", customStreamKey: "twice-in-one-call" }, playbacks: [] });
    const { data } = await organization.ask<{ createSessions: Payload }>(query, { input: { sessions: [session("One"), session("Two")] } });
    expect(data.createSessions.userErrors).toEqual(refusal(["input", "sessions", "1", "source", "customStreamKey"]));
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => create(`Race ${index}`, { customStreamKey: "raced-for-key" })),
    );
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(Array(4).fill("INVALID_VALUE"));
  });
});
