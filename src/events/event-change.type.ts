import { Field, ObjectType } from "type-graphql";
import { ChangeKind } from "../changes/change.enums.ts";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import { EventType } from "./event.type.ts";

@ObjectType("EventChange", {
  description: "One item of eventChanges: a change of an event, or a word about the stream itself.",
  simpleResolvers: true,
})
export class EventChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => ChangeKind, { description: "What the item tells." })
  kind!: ChangeKind;

  @Field(() => DateTime, { description: "When the change was made; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => EventType, {
    nullable: true,
    description: "The event as it is now, which may be later than this change; null once deleted, and for items about the stream.",
  })
  event!: object | null;
}
