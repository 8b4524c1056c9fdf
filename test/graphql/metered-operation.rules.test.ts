import { Kind, parse } from "graphql";
import { expect, it } from "vitest";
import { listedOperationNames } from "../../src/graphql/listed-operations.ts";
import { meteredOperation } from "../../src/graphql/metered-operation.rules.ts";

const LISTED = new Set(["Sessions"]);

it.each([
  ["query Sessions { sessions { totalCount } }", "query Sessions"],
  ["query MadeUp { sessions { totalCount } }", "query sessions"],
  ["{ mine: sessions { totalCount } theirs: sessions { totalCount } }", "query sessions"],
  ["{ sessions { totalCount } caller { accessLevel } }", "query several"],
  ["{ __typename sessions { totalCount } }", "query sessions"],
  ["{ __typename }", "query nothing"],
  ["{ __schema { types { name } } }", "query introspection"],
  ["mutation { startSessions(input: {}) { acceptedCount } }", "mutation startSessions"],
  ["subscription S { sessionChanges { cursor } }", "subscription sessionChanges"],
  ["{ ...A } fragment A on Query { ...B ... on Query { sessions { totalCount } } } fragment B on Query { ...A }", "query sessions"],
])("names %s", (text, expected) => {
  const document = parse(text);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
  const { type, name } = meteredOperation(document, operation, LISTED);
  expect(`${type} ${name}`).toBe(expected);
});

it("knows the operations that frontends are built from", () => {
  expect([...listedOperationNames()]).toEqual(expect.arrayContaining(["Sessions", "CreateSession", "SessionChanges"]));
});
