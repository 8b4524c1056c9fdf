import { ArgsType, Field, ID, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { DateTime } from "../graphql/scalars.ts";
import { Outcome, Verb } from "../sessions/session.rules.ts";

@ObjectType("AuditEntry", {
  implements: Node,
  description: "One call that has to be accounted for: who did what to which objects, from where.",
  simpleResolvers: true,
})
export class AuditEntryType extends Node {
  @Field(() => DateTime, { description: "When it was done." })
  at!: Date;

  @Field(() => String, { description: "Who did it, such as `key:Playout`." })
  actor!: string;

  @Field(() => String, {
    nullable: true,
    description: "The address that the call came from; behind a proxy that is trusted, the one that it tells. Null when it had none.",
  })
  ipAddress!: string | null;

  @Field(() => Verb, { description: "What was asked for." })
  verb!: Verb;

  @Field(() => [ID], {
    description:
      "What it was done to, or was to be done to, at most 10,000; objects that were deleted since are named as well. Of a denied attempt the first 100 ids that were given, whether there are such objects or not.",
  })
  objectIds!: readonly string[];

  @Field(() => Outcome, {
    description: "ACCEPTED when it was done; SKIPPED and FAILED when these were refused. One call leaves an entry for each outcome.",
  })
  outcome!: Outcome;

  @Field(() => String, { description: "The request id that our logs name it by; several entries of one request have the same." })
  requestId!: string;
}

export const AuditEntryConnection = connectionType("AuditEntry", () => AuditEntryType);

@ArgsType()
export class AuditArguments extends PagingArguments {
  @Field(() => ID, { nullable: true, description: "Entries that name this object; null: whatever they name." })
  objectId?: string | null;

  @Field(() => String, { nullable: true, description: "Entries of this caller, such as `key:Playout`; null: of every caller." })
  actor?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Entries from this moment on; null: from the first." })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Entries before this moment; null: to the last." })
  to?: Date | null;
}
