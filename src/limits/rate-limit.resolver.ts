import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { RateLimitType } from "./rate-limit.type.ts";

@Resolver()
export class RateLimitResolver {
  @Query(() => RateLimitType, {
    nullable: true,
    description:
      "What the caller may spend, and what this call costs; null when this gateway limits nobody. Beyond it, calls are refused with RATE_LIMITED.",
  })
  rateLimit(@Ctx() { budget }: RequestContext): RateLimitType | null {
    return budget.state();
  }
}
