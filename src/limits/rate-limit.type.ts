import { Field, Int, ObjectType } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";

@ObjectType("RateLimit", {
  description:
    "What the caller's credential may spend, in cost points: each call costs 1, and about 1 for each object that it can come to; a subscription costs that once, when it begins. Counted by each gateway for itself. The headers RateLimit and RateLimit-Policy of every answer tell the same.",
  simpleResolvers: true,
})
export class RateLimitType {
  @Field(() => Int, { description: "Points that can be spent at once when none were spent for a while." })
  limit!: number;

  @Field(() => Int, { description: "Points that are left now." })
  remaining!: number;

  @Field(() => DateTime, { description: "When all points will be there again if no more are spent; they come back steadily." })
  resetAt!: Date;

  @Field(() => Int, { description: "Points that this call costs." })
  cost!: number;
}
