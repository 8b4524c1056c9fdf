import { Kind, parse, type DefinitionNode } from "graphql";
import type { Actor } from "../access/actor.ts";
import { OPEN_TO_ANYBODY } from "../access/level.rules.ts";
import { networkOf } from "../limits/guess-guard.ts";

/** What comes in without a credential is read no further than this. */
const TOKEN_LIMIT = 200;

/** Who shows no credential, and to whom nearly everything is closed; limits count it by its network. */
export function nobody(ipAddress: string | null): Actor {
  const callerId = `nobody:${networkOf(ipAddress)}`;
  return {
    ...{ organizationId: "", accessLevel: null, name: "nobody", callerId, canIntrospect: false, expiresAt: null },
    credential: { kind: "NONE" },
  };
}

/**
 * Whether the body of a request asks for nothing but what is open to anybody. Looked at before the request is: who has no credential is
 * told nothing of the schema, not even which fields there are.
 */
export function isOpenToAnybody(body: unknown): boolean {
  const { query } = (typeof body === "object" && body !== null ? body : {}) as { readonly query?: unknown };
  if (typeof query !== "string") return false;
  try {
    return parse(query, { maxTokens: TOKEN_LIMIT, noLocation: true }).definitions.every(isOpen);
  } catch {
    return false;
  }
}

function isOpen(definition: DefinitionNode): boolean {
  if (definition.kind !== Kind.OPERATION_DEFINITION) return false;
  const open = OPEN_TO_ANYBODY[definition.operation];
  return definition.selectionSet.selections.every((field) => field.kind === Kind.FIELD && open.includes(field.name.value));
}
