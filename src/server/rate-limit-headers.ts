import type { ServerResponse } from "node:http";
import type { CallBudget } from "../limits/call-budget.ts";

/**
 * Tells in every answer what is left to its caller, by the fields of draft-ietf-httpapi-ratelimit-headers-10: `q` points fill up
 * within `w` seconds, `r` are left, and all are there again after `t` seconds. The three RateLimit-Limit, -Remaining and -Reset of
 * drafts before the eighth are no more.
 */
export function writeRateLimit(response: ServerResponse, budget: CallBudget | null, now: Date): void {
  const state = budget?.state();
  if (!state) return;
  const secondsToReset = Math.max(0, Math.ceil((state.resetAt.getTime() - now.getTime()) / 1_000));
  response.setHeader("ratelimit-policy", `"points";q=${state.limit};w=${state.windowSeconds}`);
  response.setHeader("ratelimit", `"points";r=${Math.max(0, state.remaining)};t=${secondsToReset}`);
}
