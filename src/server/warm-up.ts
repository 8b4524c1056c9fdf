import { HeaderMap } from "@apollo/server";
import { setImmediate as letOthersRun } from "node:timers/promises";
import { Registry } from "prom-client";
import { actorWithoutCall } from "../access/actor.ts";
import { AccessLevel } from "../access/level.rules.ts";
import { createMetering } from "../graphql/metering.ts";
import { createRequestContext } from "../graphql/request.ts";
import { createOperationMeters } from "../observability/operation.meters.ts";
import { newRequestId, type Gateway } from "./gateway.ts";

/** What fragments come to that spread each other takes the longest to find out. */
const FRAGMENTS = Array.from({ length: 40 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ... { ...F${index + 1} } }`);

/** What most ask for first, which one statement answers; what the resolvers answer; and what is refused, for two reasons. */
export const WARM_UP_QUERIES = {
  byStatement: `query ($first: Int!) { sessions(first: $first) { totalCount pageInfo { hasNextPage } nodes {
    id name status statusReason health source { type urlA } openAlertCount topAlert { code } playbacks { id name template { id name } } } } }`,
  byResolvers: `query ($first: Int!) { sessions(first: $first) { nodes { id runs(first: 1) { nodes { id } } } } inputTypes { isPush } }`,
  refused: `query ($first: Int!) { sessions(first: $first) { nodes { nme status { of } } } unknown }`,
  tooComplex: `query ($first: Int!) { ...F0 } ${FRAGMENTS.join(" ")} fragment F40 on Query { sessions(first: $first) { nodes { id } } }`,
} as const;
/** With fewer the engine has compiled too little of what each of them passes. */
const ROUNDS = 5;

/**
 * Asks for nothing in nobody's name a few times, one after the other until `signal` is aborted: the first request of a process would
 * else wait 100 ms for code that nothing has run yet. The meters of operations do not count it, and one statement at a time is asked for.
 */
export async function warmUp(gateway: Gateway, signal: AbortSignal): Promise<void> {
  const { apollo, base, changeLog, feeds, limits } = gateway;
  const metering = createMetering(createOperationMeters(new Registry()), new Set());
  const actor = actorWithoutCall({ organizationId: "", accessLevel: AccessLevel.VIEWER, name: "warm-up" });
  const headers = new HeaderMap([["content-type", "application/json"]]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const query of Object.values(WARM_UP_QUERIES)) {
      if (signal.aborted) return;
      const call = { actor, ipAddress: null, requestId: newRequestId(), signal };
      const shared = { changeLog, feeds, metering, budget: limits.budgetOf(actor.callerId), guesses: limits.accessCodes };
      const context = createRequestContext({ ...base, ...call }, shared);
      // Another document each time: one that was seen before is neither parsed nor validated again.
      const body = { query: `${query} # ${round}`, variables: { first: 50 } };
      const httpGraphQLRequest = { method: "POST", headers, search: "", body };
      await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => context });
      await letOthersRun();
    }
  }
}
