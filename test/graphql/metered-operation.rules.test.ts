import { Kind, parse } from "graphql";
import { expect, it } from "vitest";
import { meteredOperation } from "../../src/graphql/metered-operation.rules.ts";
import { openPersistedOperations } from "../../src/graphql/persisted-operations.ts";
import { headendSchema } from "../../src/graphql/schema.ts";

const SCHEMA = headendSchema();
const LISTED = new Set(["Sessions"]);

it.each([
  ["query Sessions { sessions { totalCount } }", "query Sessions"],
  ["query MadeUp { sessions { totalCount } }", "query sessions"],
  ["{ mine: sessions { totalCount } theirs: sessions { totalCount } }", "query sessions"],
  ["{ sessions { totalCount } caller { accessLevel } }", "query several"],
  ["{ __typename sessions { totalCount } }", "query sessions"],
  ["{ __typename }", "query nothing"],
  ["{ madeUp { id } }", "unknown unreadable"],
  ["mutation { toString }", "unknown unreadable"],
  ["{ __schema { types { name } } }", "query introspection"],
  ["mutation { startSessions(input: {}) { acceptedCount } }", "mutation startSessions"],
  ["subscription S { sessionChanges { cursor } }", "subscription sessionChanges"],
  ["{ ...A } fragment A on Query { ...B ... on Query { sessions { totalCount } } } fragment B on Query { ...A }", "query sessions"],
])("names %s", (text, expected) => {
  const document = parse(text);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
  const { type, name } = meteredOperation({ schema: SCHEMA, document, operation }, LISTED);
  expect(`${type} ${name}`).toBe(expected);
});

it("knows the operations that frontends are built from", () => {
  const { names } = openPersistedOperations("allow");
  expect([...names]).toEqual(expect.arrayContaining(["Sessions", "CreateSession", "SessionChanges"]));
});
