import { Field, ID, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import { CHANGE_KIND_NAMES, LOG_LAGGED } from "./change.rules.ts";
import { COUNT_LIMIT } from "./read-changes.ts";

/** The closed list, for everything that takes or gives kinds. */
export const CHANGE_KINDS_DESCRIPTION = `The kinds are ${CHANGE_KIND_NAMES.join(", ")}.`;

@ObjectType("Change", {
  description:
    "One committed change of an object, as the change log keeps it for 24 hours (at most 1,000,000 changes of all organizations).",
  simpleResolvers: true,
})
export class ChangeType {
  @Field(() => Cursor, { description: "The position just behind this change: ask for changes after it, or subscribe after it." })
  cursor!: string;

  @Field(() => String, {
    description: `What was changed, and how. ${CHANGE_KINDS_DESCRIPTION} New ones are announced like values of enums. ${LOG_LAGGED} stands for changes that are not kept any more: read anew what you mirror, then go on.`,
  })
  kind!: string;

  @Field(() => DateTime, { description: `When it was changed; of ${LOG_LAGGED}, when that was found out.` })
  at!: Date;

  @Field(() => String, { nullable: true, description: "Who asked for it, such as `key:Playout`; null for what was observed." })
  actor!: string | null;

  @Field(() => ID, { description: `What was changed, also once it is deleted; of ${LOG_LAGGED}, the organization.` })
  objectId!: string;
}

export const ChangeConnection = connectionType("Change", () => ChangeType, {
  totalCount: `How many changes follow \`after\`: how far behind you are. Counted to ${COUNT_LIMIT.toLocaleString("en")} at most, and to fewer where others have changes in between.`,
});
