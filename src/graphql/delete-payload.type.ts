import { Field, ID, ObjectType } from "type-graphql";
import type { UserError } from "../shared/user-error.ts";
import { UserErrorsField } from "./payload.ts";

@ObjectType("DeletePayload", { description: "What became of a deletion: all of the ids, or none.", simpleResolvers: true })
export class DeletePayload {
  @Field(() => [ID], { description: "The ids that no longer exist, in the order given; empty when anything was refused." })
  deletedIds!: readonly string[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

/** What `DeletePayload` holds beside the refusals of a verb that refused. */
export const NOTHING_DELETED = { deletedIds: [] } as const;
