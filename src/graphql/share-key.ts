import { createHash } from "node:crypto";
import type { Actor } from "../access/actor.ts";
import type { SubscriptionOperation } from "./subscription-document.ts";

/** Two subscribers of one key are given the same answer to the same item: it is made once for both. */
export function shareKeyOf(
  { live }: SubscriptionOperation,
  variables: Readonly<Record<string, unknown>>,
  { organizationId, accessLevel }: Actor,
): string {
  const given = live.variables.filter((name) => Object.hasOwn(variables, name)).map((name) => [name, variables[name]]);
  return createHash("sha256")
    .update(JSON.stringify([organizationId, accessLevel, live.text, given]))
    .digest("base64");
}

/**
 * A caller as those see it who answer many at once: of the organization and the level. Whatever else an answer would depend on is
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
    get apiKeyId() {
      return refuse();
    },
    get expiresAt() {
      return refuse();
    },
  };
}
