import { createHash } from "node:crypto";
import type { Actor } from "../access/actor.ts";
import type { LiveForm } from "./subscription-document.ts";

/**
 * Two subscribers of one key are given the same answer to the same item: it is made once for both. Null for an attendee of an event,
 * who may see what others do not.
 */
export function shareKeyOf(
  live: LiveForm,
  variables: Readonly<Record<string, unknown>>,
  { organizationId, accessLevel }: Actor,
): string | null {
  if (accessLevel === null) return null;
  const given = live.variables.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]);
  return createHash("sha256")
    .update(JSON.stringify([organizationId, accessLevel, live.text, given]))
    .digest("base64");
}

/**
 * A caller as those see it who answer many at once: of an organization and with a level. Whatever else an answer would depend on is
 * refused, since it would be told to others.
 */
export function actorOfMany({ organizationId, accessLevel }: Actor): Actor {
  const refuse = (): never => {
    throw new Error("What many subscribers are told cannot depend on which of them it is");
  };
  return {
    organizationId,
    accessLevel,
    get name() {
      return refuse();
    },
    get callerId() {
      return refuse();
    },
    get canIntrospect() {
      return refuse();
    },
    get credential() {
      return refuse();
    },
    get expiresAt() {
      return refuse();
    },
  };
}
