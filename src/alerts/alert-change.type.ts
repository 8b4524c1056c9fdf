import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import { AlertType } from "./alert.type.ts";

/** Kinds of item of alertChanges: of the stream itself, and of what became of an alert. */
export const AlertChangeKind = {
  SNAPSHOT: "SNAPSHOT",
  SNAPSHOT_END: "SNAPSHOT_END",
  HEARTBEAT: "HEARTBEAT",
  RAISED: "RAISED",
  REPEATED: "REPEATED",
  ACKNOWLEDGED: "ACKNOWLEDGED",
  ENDED: "ENDED",
  LAGGED: "LAGGED",
} as const;
export type AlertChangeKind = (typeof AlertChangeKind)[keyof typeof AlertChangeKind];

registerEnumType(AlertChangeKind, {
  name: "AlertChangeKind",
  description: "What an item of alertChanges tells.",
  valuesConfig: {
    SNAPSHOT: { description: "An open alert as it is, before anything live; one for every match, when a snapshot was asked for." },
    SNAPSHOT_END: { description: "The snapshot is whole. What follows came after it, with nothing lost or doubled in between." },
    HEARTBEAT: { description: "Nothing happened for the interval that was asked for; carries a fresh cursor." },
    RAISED: { description: "The alert is new." },
    REPEATED: {
      description:
        "It happened again, which its count tells, or its severity is another. Not sent for another message alone, nor while the alert is snoozed, unless it became more severe.",
    },
    ACKNOWLEDGED: { description: "Somebody acknowledged or snoozed it." },
    ENDED: { description: "It is open no longer; its endReason says why." },
    LAGGED: { description: "Changes are missing before this item: the cursor was older than what is kept. Read anew what you show." },
  },
});

@ObjectType("AlertChange", {
  description: "One item of alertChanges: what became of an alert, or a word about the stream itself.",
  simpleResolvers: true,
})
export class AlertChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => AlertChangeKind, { description: "What the item tells." })
  kind!: AlertChangeKind;

  @Field(() => DateTime, { description: "When the change was made; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => AlertType, {
    nullable: true,
    description: "The alert as it is now, which may be later than this change; null for items about the stream.",
  })
  alert!: object | null;
}
