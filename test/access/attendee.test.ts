import { getOperationAST, parse, type OperationTypeNode } from "graphql";
import { describe, expect, it } from "vitest";
import type { Actor } from "../../src/access/actor.ts";
import { isPermitted, OPEN_TO_ATTENDEES, PERMISSIONS, type Permission } from "../../src/access/level.rules.ts";
import { admit } from "../../src/graphql/admission.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { createCallBudget } from "../../src/limits/call-budget.ts";
import { systemClock } from "../../src/shared/clock.ts";

const SCHEMA = headendSchema();
const ATTENDEE: Actor = {
  ...{ organizationId: "organization_1", accessLevel: null, name: "attendee:Ada", callerId: "1", canIntrospect: false, expiresAt: null },
  credential: { kind: "ATTENDEE", eventId: "event_1", attendeeId: "1", displayName: "Ada" },
};

/** Every field that an operation can begin with. */
const ROOTS = (["query", "mutation", "subscription"] as readonly OperationTypeNode[]).flatMap((kind) =>
  Object.keys(SCHEMA.getRootType(kind)?.getFields() ?? {}).map((field) => ({ kind, field })),
);

function admitAs(actor: Actor, kind: OperationTypeNode, selection: string): void {
  const document = parse(`${kind} { ${selection} }`);
  const operation = getOperationAST(document)!;
  const budget = createCallBudget(null, actor.callerId, systemClock);
  admit({ schema: SCHEMA, actor, document, operation, variables: {}, budget, transport: kind === "subscription" ? "stream" : "http" });
}

/** Why an attendee may not; "" when it may. Bare names are refused too, but only once it is known who may ask for them. */
function refusalOf(kind: OperationTypeNode, selection: string): string {
  try {
    admitAs(ATTENDEE, kind, selection);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "?";
  }
}

describe("an attendee of an event", () => {
  it.each(ROOTS)("may ask for the $kind $field only where it is listed", ({ kind, field }) => {
    const selections = [field, `a: ${field}`, `__typename ${field}`, `... { ${field} }`];
    for (const selection of selections) {
      const isClosed = /attendees/.test(refusalOf(kind, selection));
      expect(isClosed, selection).toBe(!OPEN_TO_ATTENDEES[kind].includes(field));
    }
  });

  it("gets nothing closed in by way of something open", () => {
    expect(() => admitAs(ATTENDEE, "query" as OperationTypeNode, "rateLimit { cost }")).not.toThrow();
    expect(() => admitAs(ATTENDEE, "query" as OperationTypeNode, "rateLimit { cost } changeCursor")).toThrow(/attendees/);
  });

  it("has none of the rights that levels have", () => {
    const permissions = Object.keys(PERMISSIONS) as readonly Permission[];
    expect(permissions.filter((permission) => isPermitted(null, permission))).toEqual([]);
  });

  it("is listed with nothing that there is not", () => {
    const listed = Object.entries(OPEN_TO_ATTENDEES).flatMap(([kind, fields]) => fields.map((field) => `${kind} ${field}`));
    expect(listed.filter((name) => !ROOTS.some(({ kind, field }) => name === `${kind} ${field}`))).toEqual([]);
  });
});
