import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccessLevel, OPEN_TO_ATTENDEES } from "../../src/access/level.rules.ts";
import { NODES } from "../../src/graphql/nodes.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { IDENTIFIER_KINDS } from "../../src/shared/identifier.ts";
import type { GraphqlClient } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { attendeeFactsOf, factsOf, FOUND_BY_ANYBODY, ID_KINDS, kindAt, NEVER_FOUND, OPERATIONS } from "./walk/operations.ts";
import {
  deeperIdArguments,
  documentOf,
  idPatternsOf,
  idPlacesIn,
  operationsOf,
  selectionOf,
  valueAt,
  withValueAt,
  type Arguments,
  type IdPlace,
  type Operation,
} from "./walk/schema-walk.ts";
import { unknownId, World, type Kind } from "./walk/world.ts";

const SCHEMA = headendSchema();
const ALL = operationsOf(SCHEMA);
const ANSWERED = ALL.filter(({ kind }) => kind !== "subscription");
/** How deep answers are looked into at most: payload, object, and what belongs to it. */
const DEPTH = 2;
/** How a document is refused that asks for more than admission takes. */
const TOO_MUCH = new Set(["QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"]);

const LEVELS = Object.values(AccessLevel);

let server: TestServer;
let own: World;
let foreign: World;
let callers: Readonly<Record<AccessLevel, TestCaller>>;
beforeAll(async () => {
  server = await startTestServer({ limits: { points: null } });
  own = new World(server, server, "Own");
  foreign = new World(server, await server.otherOrganization(), "Foreign");
  const entries = await Promise.all(LEVELS.map(async (level) => [level, await server.callerOfLevel(level)] as const));
  callers = Object.fromEntries(entries) as Record<AccessLevel, TestCaller>;
});
afterAll(() => server.stop());

describe("the walk", () => {
  it("knows every operation, and none that there is not", () => {
    expect(ALL.map(({ name }) => name).filter((name) => !(name in OPERATIONS))).toEqual([]);
    expect(Object.keys(OPERATIONS).filter((name) => !ALL.some((operation) => operation.name === name))).toEqual([]);
  });

  it("knows what every id names, and none that there is not", () => {
    const names = new Set(ALL.flatMap((operation) => [...idPatternsOf(operation).values()]));
    expect([...names].filter((name) => !(name in ID_KINDS))).toEqual([]);
    expect(Object.keys(ID_KINDS).filter((name) => !names.has(name))).toEqual([]);
  });

  it("meets ids in operations alone", () => {
    expect(deeperIdArguments(SCHEMA)).toEqual([]);
  });

  it("fails for what it was told nothing of", () => {
    expect(() => factsOf("Mutation.launchRocket")).toThrow(/launchRocket/);
    expect(() => kindAt("RocketInput.id")).toThrow(/RocketInput/);
  });
});

/** Whatever differs between two calls of the same. */
const VOLATILE = new Set(["cursor", "at", "requestId", "startCursor", "endCursor", "changeCursor", "token", "expiresAt"]);

const depths = new Map<string, number>();

/** Objects that an operation makes whatever the ids that it is given. */
const MADE = new Map([["Mutation.scheduleAction", /scheduledaction_[0-9a-z]{26}/g]]);

/** An answer as text, with nothing in it that tells one call from another, nor one id from another; as deep as admission lets it be. */
async function answerOf(client: GraphqlClient, operation: Operation, given: Arguments, id: string): Promise<string> {
  for (let depth = depths.get(operation.name) ?? DEPTH; ; depth -= 1) {
    const document = documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, depth));
    const { status, data, errors } = await client.ask<object, Arguments>(document, given);
    if (depth > 0 && errors.some(({ extensions }) => TOO_MUCH.has(extensions.code))) continue;
    depths.set(operation.name, depth);
    const text = JSON.stringify({ status, data, errors }, (key, value: unknown) =>
      VOLATILE.has(key) ? "" : value === id ? "<id>" : value,
    );
    return text.replace(MADE.get(operation.name) ?? /$^/, "<made>");
  }
}

function malformedIds(kind: Kind, good: string): readonly string[] {
  return [
    ...["", " ", "nonsense", "7", "null", `${kind}_`, `${kind}_${"!".repeat(26)}`, `${kind}_${"z".repeat(26)}`, good.toUpperCase()],
    ...[
      `${good}0`,
      good.slice(0, -1),
      ` ${good}`,
      `${good}\n`,
      `${good}' or '1'='1`,
      "\u{1f600}",
      "x".repeat(500),
      `rocket_${good.split("_")[1]}`,
    ],
  ];
}

/** Ids that name nothing of the caller's at a place, by what they are. */
interface WrongIds {
  readonly foreign: readonly string[];
  readonly deleted: readonly string[];
  readonly malformed: readonly string[];
}

const wrongIds = new Map<Kind, Promise<WrongIds>>();

function wrongIdsOf(kind: Kind): Promise<WrongIds> {
  const known = wrongIds.get(kind);
  if (known) return known;
  const made = (async () => {
    const [ofOthers, deleted, good] = [await foreign.fresh(kind), await own.deleted(kind), await own.fresh(kind)];
    return { foreign: kind === "encoder" ? [] : [ofOthers], deleted: [deleted], malformed: malformedIds(kind, good) };
  })();
  wrongIds.set(kind, made);
  return made;
}

/** Kinds that an id of any kind can have. */
const NODE_KINDS = NODES.map(({ kind }) => kind);

interface WrongIdsAt {
  readonly all: readonly string[];
  /** One or two of each sort, for the other levels, and for what another operation has read already. */
  readonly some: readonly string[];
}

async function wrongIdsAt(operation: Operation, place: IdPlace): Promise<WrongIdsAt> {
  const kind = kindAt(place.name);
  const kinds: readonly Kind[] = kind === "any" ? NODE_KINDS : [kind];
  const all = await Promise.all(kinds.map(wrongIdsOf));
  // The audit goes on naming what was deleted.
  const deleted = operation.name === "Query.auditEntries" ? [] : all.flatMap((each) => each.deleted);
  const foreigners = `${operation.name} ${place.pattern}` in FOUND_BY_ANYBODY ? [] : all.flatMap((each) => each.foreign);
  // What is there, and of another kind, is not there either.
  const otherKinds: Kind[] = (["session", "template", "secret"] as const).filter((each) => kind !== "any" && each !== kind);
  const ofOtherKinds = await Promise.all(otherKinds.map((each) => goodId(each)));
  const malformed = all[0]?.malformed ?? [];
  const some = [...foreigners, ...deleted];
  return { some: [...some, ...malformed.slice(0, 3)], all: [...some, ...malformed, ...ofOtherKinds] };
}

/** Places at which everything was tried. */
const readPlaces = new Set<string>();
const goodIds = new Map<Kind, Promise<string>>();

function goodId(kind: Kind): Promise<string> {
  const known = goodIds.get(kind) ?? own.fresh(kind);
  goodIds.set(kind, known);
  return known;
}

describe("an id that is not the caller's", () => {
  it.each(ANSWERED.filter((operation) => idPatternsOf(operation).size > 0))(
    "is answered by $name as one that never was",
    { timeout: 300_000 },
    async (operation) => {
      const facts = factsOf(operation.name);
      const variants = await facts.variants(own);
      const patterns = new Set<string>();
      const differences: string[] = [];
      for (const given of variants) {
        for (const place of idPlacesIn(operation, given)) {
          patterns.add(place.pattern);
          const kind = kindAt(place.name);
          const never = unknownId(kind === "any" ? "session" : kind);
          const ask = (client: GraphqlClient, id: string) => answerOf(client, operation, withValueAt(given, place.path, id), id);
          const wrong = await wrongIdsAt(operation, place);
          // What is no id is sorted out where the input is read, which several operations share.
          const ofAdmin = readPlaces.has(place.name) ? wrong.some : wrong.all;
          readPlaces.add(place.name);
          for (const level of LEVELS) {
            const expected = await ask(callers[level], never);
            const answers = await Promise.all(
              (level === "ADMIN" ? ofAdmin : wrong.some).map(async (id) => [id, await ask(callers[level], id)] as const),
            );
            for (const [id, answer] of answers) {
              if (answer !== expected) differences.push(`${level} ${place.pattern} ${id.slice(0, 60)}: ${answer} and not ${expected}`);
            }
          }
        }
      }
      expect(differences.slice(0, 5)).toEqual([]);
      expect([...patterns].toSorted()).toEqual([...idPatternsOf(operation).keys()].toSorted());
      // The caller's own id is answered otherwise: what was compared is not the refusal of something else.
      const unseen = new Set([...patterns].filter((pattern) => !isNeverFound(operation, pattern)));
      for (const given of variants.toReversed()) {
        const answers = await answersWithUnknownIds(operation, given);
        const good = await answerOf(server, operation, given, "");
        for (const { pattern, answer } of answers) if (answer !== good) unseen.delete(pattern);
      }
      expect([...unseen]).toEqual([]);
    },
  );
});

describe("an id that an attendee is not open to", () => {
  const open = ANSWERED.filter(({ kind, field }) => OPEN_TO_ATTENDEES[kind].includes(field.name));
  it.each(open.filter((operation) => idPatternsOf(operation).size > 0))("is answered by $name as one that never was", async (operation) => {
    const { variants, attendee } = attendeeFactsOf(operation.name);
    // Of the other events of its organization it sees nothing either, whatever their attendees may do there.
    const elsewhere = [...(await variants(own)), ...(await variants(foreign))];
    for (const given of await variants(own)) {
      const client = await attendee(own, given);
      for (const place of idPlacesIn(operation, given)) {
        const kind = kindAt(place.name) as Kind;
        const ask = (id: string) => answerOf(client, operation, withValueAt(given, place.path, id), id);
        const expected = await ask(unknownId(kind));
        const { all } = await wrongIdsAt(operation, place);
        const isFound = `${operation.name} ${place.pattern}` in FOUND_BY_ANYBODY;
        const others = isFound ? [] : elsewhere.map((each) => valueAt(each, place.path) as string);
        for (const id of [...all, ...others]) expect({ id, answer: await ask(id) }).toEqual({ id, answer: expected });
        expect(await answerOf(client, operation, given, "")).not.toBe(expected);
      }
    }
  });
});

it("an id of another organization is found where that is said", async () => {
  for (const name of Object.keys(FOUND_BY_ANYBODY)) {
    const [operationName, pattern] = name.split(" ");
    const operation = ALL.find((each) => each.name === operationName)!;
    const [given = {}] = await factsOf(operation.name).variants(foreign);
    const [place] = idPlacesIn(operation, given).filter((each) => each.pattern === pattern);
    expect(place).toBeDefined();
    const { data } = await server.ask<Record<string, unknown>, Arguments>(
      documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, 1)),
      given,
    );
    expect(data?.[operation.field.name]).toMatchObject({ userErrors: [] });
  }
});

/** Whether no id is found at a place, be it that the schema announces a kind that there is none of yet. */
function isNeverFound(operation: Operation, pattern: string): boolean {
  if (`${operation.name} ${pattern}` in NEVER_FOUND) return true;
  const kind = kindAt(idPatternsOf(operation).get(pattern) ?? "");
  return kind !== "any" && !(IDENTIFIER_KINDS as readonly string[]).includes(kind);
}

/** What becomes of arguments with an id that never was in each place in turn. */
async function answersWithUnknownIds(operation: Operation, given: Arguments) {
  return Promise.all(
    idPlacesIn(operation, given).map(async ({ name, pattern, path }) => {
      const kind = kindAt(name);
      const never = unknownId(kind === "any" ? "session" : kind);
      return { pattern, answer: await answerOf(server, operation, withValueAt(given, path, never), "") };
    }),
  );
}
