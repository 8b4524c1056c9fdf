import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessLevel, isPermitted, PERMISSIONS } from "../../src/access/level.rules.ts";
import { buildHeadendSchema } from "../../src/graphql/schema.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { factsOf, OPERATIONS } from "./walk/operations.ts";
import { documentOf, operationsOf, selectionOf, type Arguments } from "./walk/schema-walk.ts";
import { World } from "./walk/world.ts";

const SCHEMA = buildHeadendSchema();
const ALL = operationsOf(SCHEMA);
const ANSWERED = ALL.filter(({ kind }) => kind !== "subscription");
const LEVELS = Object.values(AccessLevel);

let server: TestServer;
let own: World;
let callers: Readonly<Record<AccessLevel, TestCaller>>;
beforeAll(async () => {
  server = await startTestServer({ limits: { points: null } });
  own = new World(server, server, "Own");
  const entries = await Promise.all(LEVELS.map(async (level) => [level, await server.callerOfLevel(level)] as const));
  callers = Object.fromEntries(entries) as Record<AccessLevel, TestCaller>;
});
afterAll(() => server.stop());

describe("the level of a credential", () => {
  it.each(ANSWERED)("has to be what the list says for $name", { timeout: 120_000 }, async (operation) => {
    const { permission, variants } = factsOf(operation.name);
    const least = PERMISSIONS[permission];
    const [given = {}] = await variants(own);
    const document = documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, 1));
    const codes: Record<string, unknown> = {};
    for (const level of LEVELS) {
      const { data, errors } = await callers[level].ask<Record<string, unknown>, Arguments>(document, given);
      const payload = data?.[operation.field.name] as {
        readonly userErrors?: readonly { readonly code: string; readonly message: string }[];
      } | null;
      const refusals = [...errors.map(({ message, extensions }) => ({ code: extensions.code, message })), ...(payload?.userErrors ?? [])];
      codes[level] = refusals.length === 0 ? "done" : refusals;
    }
    const denied = {
      code: operation.kind === "mutation" ? "ACCESS_LEVEL_REQUIRED" : "FORBIDDEN",
      message: expect.stringContaining(least) as unknown,
    };
    for (const level of LEVELS) {
      if (!isPermitted(level, permission)) expect({ level, answer: codes[level] }).toMatchObject({ level, answer: [denied] });
      else
        expect({ level, answer: JSON.stringify(codes[level]) }).not.toMatchObject({
          answer: expect.stringMatching(/ACCESS_LEVEL_REQUIRED|FORBIDDEN/) as unknown,
        });
    }
    // The lowest level that may is the first that does it; those above then find it done.
    expect({ level: least, answer: codes[least] }).toEqual({ level: least, answer: "done" });
  });

  it.each(ALL.filter(({ name }) => PERMISSIONS[OPERATIONS[name]?.permission ?? "read"] !== "VIEWER"))(
    "is told in the description of $name",
    ({ name, field }) => {
      expect(field.description).toMatch(new RegExp(`(Needs|Wants level) ${PERMISSIONS[factsOf(name).permission]}\\b`));
    },
  );
});
