import { Field, Int, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";
import { AlertCode, AlertEndReason, AlertSeverity } from "./alert.rules.ts";

@ObjectType("Alert", {
  implements: Node,
  description:
    "Something that is or was wrong with a session or one of its playbacks. One is open for each subject and code; what comes back within 10 seconds is counted, not raised anew.",
})
export class AlertType extends Node {
  @Field(() => AlertCode, { description: "What is wrong." })
  code!: AlertCode;

  @Field(() => AlertSeverity, { description: "How bad it is." })
  severity!: AlertSeverity;

  @Field(() => String, {
    description: "What is wrong, in one sentence for the operator; at most 500 characters, never with a secret in it.",
  })
  message!: string;

  @Field(() => Int, { description: "How often it happened while the alert was open, 1 or more." })
  count!: number;

  @Field(() => DateTime, { description: "When the alert was raised." })
  firstSeenAt!: Date;

  @Field(() => DateTime, {
    description: "When its cause was last known to hold, to about 30 seconds while it does; or when it last happened.",
  })
  lastSeenAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it ended; null while it is open." })
  endedAt!: Date | null;

  @Field(() => AlertEndReason, { nullable: true, description: "Why it ended; null while it is open." })
  endReason!: AlertEndReason | null;

  @Field(() => String, { nullable: true, description: "Who cleared it, such as `key:Playout`; null when nobody did." })
  clearedBy!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When somebody last acknowledged it; null when nobody did." })
  acknowledgedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Who last acknowledged it, such as `key:Playout`; null when nobody did." })
  acknowledgedBy!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "Until then its repetitions are not pushed, unless it becomes more severe; it stays open and is counted all the same. Null: not snoozed.",
  })
  snoozedUntil!: Date | null;

  @Field(() => String, { nullable: true, description: "What whoever acknowledged it noted; null when nothing was." })
  note!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The name of the session when the alert was raised, also once it is deleted; null for an alert about no session.",
  })
  sessionName!: string | null;
}

export const AlertConnection = connectionType("Alert", () => AlertType);

@ObjectType("AlertsPayload", { description: "What became of the alerts of a call: all of them, or none.", simpleResolvers: true })
export class AlertsPayload {
  @Field(() => [AlertType], { description: "The alerts as they are now, in the order of the ids; empty when anything was refused." })
  alerts!: readonly unknown[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

/** What `AlertsPayload` holds beside the refusals of a verb that refused. */
export const NO_ALERTS = { alerts: [] } as const;
