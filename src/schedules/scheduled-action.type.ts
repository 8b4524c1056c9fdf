import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import { UserErrorType } from "../graphql/user-error.type.ts";
import { IDEMPOTENCY_KEY, SessionSelectionType } from "../sessions/session.input-type.ts";
import { InputPath, Verb } from "../sessions/session.rules.ts";
import type { UserError } from "../shared/user-error.ts";
import { ScheduledActionStatus } from "./scheduled-action.rules.ts";

registerEnumType(ScheduledActionStatus, {
  name: "ScheduledActionStatus",
  description: "What became of an action that was to be done at a time.",
  valuesConfig: {
    SCHEDULED: { description: "It waits for its time." },
    RUNNING: { description: "It is being done; seldom seen, since that takes moments." },
    DONE: { description: "It was done; of a bulk verb, `errors` says what was skipped." },
    FAILED: { description: "It was refused at its time, or no gateway ran then; `errors` says why, and nothing was done." },
    CANCELLED: { description: "It was taken back before its time." },
  },
});

@ObjectType("ScheduledAction", {
  implements: Node,
  description: "Something to be done at a time, by the same rules as if it were asked for then. Told for 90 days after it ended.",
})
export class ScheduledActionType extends Node {
  @Field(() => Verb, { description: "What is to be done." })
  verb!: Verb;

  @Field(() => DateTime, { description: "When it is to be done; it is within some seconds." })
  runAt!: Date;

  @Field(() => ScheduledActionStatus, { description: "What became of it." })
  status!: ScheduledActionStatus;

  @Field(() => String, { description: "Who asked for it, such as `key:Playout`; it is done in that name, with the level of then." })
  createdBy!: string;

  @Field(() => [UserErrorType], {
    description: "Why it was refused, or what of its sessions was skipped, with the session's id in the path.",
  })
  errors!: readonly UserError[];
}

export const ScheduledActionConnection = connectionType("ScheduledAction", () => ScheduledActionType);

@InputType("ScheduleActionInput", {
  description:
    "Something to be done at a time: START_TEST, STOP_TEST, GO_LIVE or STOP_EVENT on an event, or START, STOP, RESTART or SWITCH_INPUT on sessions.",
})
export class ScheduleActionInput {
  @Field(() => Verb, { description: "What is to be done. Scheduling STOP_EVENT is its confirmation." })
  verb!: Verb;

  @Field(() => DateTime, {
    description: "When, in the future and within 366 days. Where no gateway runs for 15 minutes from then, it is FAILED.",
  })
  runAt!: Date;

  @Field(() => ID, { nullable: true, description: "The event to act on, for the verbs of events." })
  eventId?: string | null;

  @Field(() => SessionSelectionType, {
    nullable: true,
    description: "The sessions to act on, for the verbs of sessions; a filter means what it means when the action runs.",
  })
  selection?: SessionSelectionType | null;

  @Field(() => InputPath, { nullable: true, description: "Where to switch to, for SWITCH_INPUT." })
  toPath?: InputPath | null;

  @Field(() => Boolean, { nullable: true, description: "For GO_LIVE: also where only a backup is connected then." })
  confirmBackupOnly?: boolean | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@InputType("CancelScheduledActionsInput", { description: "Actions to take back, all or none." })
export class CancelScheduledActionsInput {
  @Field(() => [ID], { description: "The actions' ids, 1 to 1,000. One that has run is refused with INVALID_STATE." })
  ids!: readonly string[];
}

@ObjectType("ScheduledActionsPayload", { description: "Scheduled actions after something was asked of them.", simpleResolvers: true })
export class ScheduledActionsPayload {
  @Field(() => [ScheduledActionType], { description: "The actions as they are now; empty when the call was refused." })
  scheduledActions!: readonly object[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
