import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessLevel, isPermitted, OPEN_TO_ANYBODY, OPEN_TO_ATTENDEES, PERMISSIONS } from "../../src/access/level.rules.ts";
import { SCHEDULABLE_VERBS } from "../../src/schedules/scheduled-action.rules.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { openEventStream } from "../support/event-stream.ts";
import { attendeeFactsOf, factsOf, OPERATIONS } from "./walk/operations.ts";
import { documentOf, operationsOf, selectionOf, type Arguments, type Operation } from "./walk/schema-walk.ts";
import { World } from "./walk/world.ts";

const SCHEMA = headendSchema();
const ALL = operationsOf(SCHEMA);
const ANSWERED = ALL.filter(({ kind }) => kind !== "subscription");
const SUBSCRIBED = ALL.filter(({ kind }) => kind === "subscription");
/** What some level may ask for, and what none may. */
const OF_LEVELS = ALL.flatMap((operation) => {
  const permission = OPERATIONS[operation.name]?.permission;
  return permission ? [{ ...operation, permission }] : [];
});
const OF_NO_LEVEL = ALL.filter(({ name }) => OPERATIONS[name]?.permission === null);
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
  it("is said of every operation", () => {
    expect(ALL.filter(({ name }) => !(name in OPERATIONS))).toEqual([]);
  });

  it.each(OF_LEVELS.filter(({ kind }) => kind !== "subscription"))(
    "has to be what the list says for $name",
    { timeout: 120_000 },
    async (operation) => {
      const { variants } = factsOf(operation.name);
      const { permission } = operation;
      const least = PERMISSIONS[permission];
      const [given = {}] = await variants(own);
      const codes: Record<string, unknown> = {};
      for (const level of LEVELS) codes[level] = await outcomeOf(callers[level], operation, given);
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
    },
  );

  it.each(OF_LEVELS.filter(({ permission }) => PERMISSIONS[permission] !== "VIEWER"))(
    "is told in the description of $name",
    ({ permission, field }) => {
      expect(field.description).toMatch(new RegExp(`(Needs|Wants level) ${PERMISSIONS[permission]}\\b`));
    },
  );
});

it("is the same for whatever can be scheduled, as its description says", () => {
  const levels = Object.values(SCHEDULABLE_VERBS).map(({ permission }) => PERMISSIONS[permission]);
  expect(new Set(levels)).toEqual(new Set(["OPERATOR"]));
});

describe("without a level", () => {
  it.each(OF_NO_LEVEL)("attendees alone do $name: whoever has one is told how to become one", async (operation) => {
    const { variants, attendee } = attendeeFactsOf(operation.name);
    const [given = {}] = await variants(own);
    for (const level of LEVELS) {
      expect({ level, answer: await outcomeOf(callers[level], operation, given) }).toMatchObject({
        level,
        answer: [{ code: "NOT_APPLICABLE", message: expect.stringContaining("joinEvent") as unknown }],
      });
    }
    expect(await outcomeOf(await attendee(own, given), operation, given)).toBe("done");
    expect(operation.field.description).toContain("by an attendee's token");
  });

  it.each(ANSWERED)("$name is open to attendees and to anybody as far as the lists say", async (operation) => {
    const { variants, attendee } = factsOf(operation.name);
    const [given = {}] = await variants(own);
    const isListed = (fields: typeof OPEN_TO_ATTENDEES) => isListedIn(fields, operation);
    const ofAudience = attendee ? await attendee(own, given) : await own.attendee(await own.event());
    const denied = [{ code: "FORBIDDEN", message: expect.any(String) as unknown }];
    expect(await outcomeOf(ofAudience, operation, given)).toEqual(isListed(OPEN_TO_ATTENDEES) ? "done" : denied);
    const unknown = [{ code: "UNAUTHENTICATED", message: expect.any(String) as unknown }];
    expect(await outcomeOf(createGraphqlClient(server.url, null), operation, given)).toEqual(isListed(OPEN_TO_ANYBODY) ? "done" : unknown);
  });
});

describe("subscribing", () => {
  it.each(SUBSCRIBED)("$name is open to whom the lists say: levels, attendees, anybody", async (operation) => {
    const { permission, variants } = factsOf(operation.name);
    const [given = {}] = await variants(own);
    const code = (expected: string) => [expect.objectContaining({ code: expected }) as unknown];
    for (const level of LEVELS) {
      const isOpen = permission !== null && isPermitted(level, permission);
      const answer = isOpen ? "let in" : code("FORBIDDEN");
      expect({ level, answer: await admissionOf(callers[level].key, operation, given) }).toEqual({ level, answer });
    }
    const { eventId } = given;
    const token = await own.attendeeToken(typeof eventId === "string" ? eventId : await own.event());
    const forAttendees = isListedIn(OPEN_TO_ATTENDEES, operation) ? "let in" : code("FORBIDDEN");
    expect(await admissionOf(token, operation, given)).toEqual(forAttendees);
    const forAnybody = isListedIn(OPEN_TO_ANYBODY, operation) ? "let in" : code("UNAUTHENTICATED");
    expect(await admissionOf(null, operation, given)).toEqual(forAnybody);
  });
});

function isListedIn(fields: typeof OPEN_TO_ATTENDEES, { kind, field }: Operation): boolean {
  return fields[kind].includes(field.name);
}

/** "let in", or everything that is said against it: by a stream of its own, whose status says so before anything happens. */
async function admissionOf(key: string | null, operation: Operation, given: Arguments): Promise<unknown> {
  const query = documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, 1));
  const stream = await openEventStream(server.url, key, { body: { query, variables: given } });
  if (stream.status === 200) {
    stream.close();
    return "let in";
  }
  await stream.ended;
  const { errors } = JSON.parse(stream.text()) as {
    readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  };
  return errors.map(({ message, extensions }) => ({ code: extensions.code, message }));
}

/** "done", or everything that is said against it. */
async function outcomeOf(client: GraphqlClient, operation: Operation, given: Arguments): Promise<unknown> {
  const document = documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, 1));
  const { data, errors } = await client.ask<Record<string, unknown>, Arguments>(document, given);
  const payload = data?.[operation.field.name] as {
    readonly userErrors?: readonly { readonly code: string; readonly message: string }[];
  } | null;
  const refusals = [...errors.map(({ message, extensions }) => ({ code: extensions.code, message })), ...(payload?.userErrors ?? [])];
  return refusals.length === 0 ? "done" : refusals;
}
