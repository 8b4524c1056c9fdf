import { Field, ID, ObjectType } from "type-graphql";
import { ChangeKind } from "../changes/change.enums.ts";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import { Health, SessionStatus } from "./session.rules.ts";
import { SessionType } from "./session.type.ts";

@ObjectType("SessionChange", {
  description: "One item of sessionChanges: a change of a session, or a word about the stream itself.",
  simpleResolvers: true,
})
export class SessionChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => ChangeKind, { description: "What the item tells." })
  kind!: ChangeKind;

  @Field(() => DateTime, { description: "When the change was made; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => Boolean, { description: "False when this change made the session leave the filter, its deletion included." })
  matches!: boolean;

  @Field(() => ID, { nullable: true, description: "The session's id, also once it is deleted; null for items about the stream." })
  sessionId!: string | null;

  @Field(() => SessionStatus, {
    nullable: true,
    description: "The status as of this change; null once deleted, and for items about the stream.",
  })
  status!: SessionStatus | null;

  @Field(() => Health, { nullable: true, description: "The health as of this change; null once deleted, and for items about the stream." })
  health!: Health | null;

  @Field(() => SessionType, {
    nullable: true,
    description: "The session as it is now, which may be later than this change; null once deleted.",
  })
  session!: object | null;

  @Field(() => String, { nullable: true, description: "Who asked for it, such as `key:Playout`; null for what was observed." })
  actor!: string | null;
}
