import { Field, ID, ObjectType } from "type-graphql";
import { UserErrorType } from "../graphql/user-error.type.ts";
import type { UserError } from "../shared/user-error.ts";

@ObjectType("ActionState", {
  description: "Whether something may be done now by this caller: what a button needs to know.",
  simpleResolvers: true,
})
export class ActionStateType {
  @Field(() => Boolean, { description: "Whether the mutation would do it now." })
  allowed!: boolean;

  @Field(() => [UserErrorType], {
    description: "Everything that stands against it, as the mutation would say it; empty when it is allowed.",
  })
  blockers!: readonly UserError[];
}

@ObjectType("SessionActions", {
  description: "For each thing that can be asked of a session, whether it may be asked now by this caller and, if not, why.",
  simpleResolvers: true,
})
export class SessionActionsType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the session's." })
  id!: string;

  @Field(() => ActionStateType, { description: "Starting it, with `startSessions`." })
  start!: ActionStateType;

  @Field(() => ActionStateType, { description: "Stopping it, with `stopSessions`." })
  stop!: ActionStateType;

  @Field(() => ActionStateType, { description: "Restarting it, with `restartSessions`." })
  restart!: ActionStateType;

  @Field(() => ActionStateType, { description: "Deleting it, with `deleteSessions`." })
  delete!: ActionStateType;

  @Field(() => ActionStateType, { description: "Switching its input to the other path, with `switchSessionInputs`." })
  switchInput!: ActionStateType;

  @Field(() => ActionStateType, {
    description: "Editing its input, its slates or its playbacks; name, description, labels and cover can change at any time.",
  })
  edit!: ActionStateType;

  @Field(() => ActionStateType, { description: "Clearing its open warnings, with `clearSessionAlerts`." })
  clearAlerts!: ActionStateType;

  @Field(() => ActionStateType, { description: "Showing its slate, with `showSlates`." })
  showSlate!: ActionStateType;

  @Field(() => ActionStateType, { description: "Hiding the slate that was asked for, with `hideSlates`." })
  hideSlate!: ActionStateType;

  @Field(() => ActionStateType, { description: "Configuring live processes on it; what changes takes effect with its next start." })
  configureProcesses!: ActionStateType;
}
