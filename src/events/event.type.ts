import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime, Url } from "../graphql/scalars.ts";
import { UserErrorType } from "../graphql/user-error.type.ts";
import { ActionStateType } from "../sessions/session-actions.type.ts";
import { SecretType } from "../sessions/session.type.ts";
import type { UserError } from "../shared/user-error.ts";
import { IngestProtocol } from "./event.enums.ts";
import { BackupOnlyLimitation, EventStatus, IngestRole, IngestState, MessagingMode } from "./event.rules.ts";

@ObjectType("Event", { implements: Node, description: "A produced show that an operator takes live, once." })
export class EventType extends Node {
  @Field(() => String, { description: "What it is called, for operators and attendees; at most 200 characters." })
  title!: string;

  @Field(() => String, { nullable: true, description: "Free text for attendees, at most 2,000 characters; null when none was given." })
  details!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it is announced to begin; null when that is open. It begins by goLive alone.",
  })
  startsAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it is announced to end; null when that is open. It ends by stopEvent alone.",
  })
  endsAt!: Date | null;

  @Field(() => EventStatus, { description: "What it is now." })
  status!: EventStatus;

  @Field(() => DateTime, { description: "When the status last changed." })
  statusChangedAt!: Date;

  @Field(() => MessagingMode, { description: "What attendees may write." })
  messagingMode!: MessagingMode;

  @Field(() => Boolean, {
    description: "Whether each language is recorded from going live to the end; of one that goes live with its backup alone nothing is.",
  })
  recordingEnabled!: boolean;

  @Field(() => Int, { description: "Counted up by every change of the event; give it back as expectedVersion." })
  version!: number;
}

export const EventConnection = connectionType("Event", () => EventType);

@ObjectType("EventLanguage", { description: "One language of an event, fed by a session of its own." })
export class EventLanguageType {
  @Field(() => ID, { description: "An identifier of its own." })
  id!: string;

  @Field(() => String, { description: "The language's tag of BCP 47, such as de or pt-BR; unique in the event." })
  code!: string;

  @Field(() => String, { description: "What attendees choose it by." })
  label!: string;
}

@ObjectType("Ingest", { description: "One of the two signals of a language, and where its sender pushes to." })
export class IngestType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the language's." })
  id!: string;

  @Field(() => IngestRole, { description: "Which of the two it is." })
  role!: IngestRole;

  @Field(() => IngestState, { description: "What the signal is seen to do now." })
  state!: IngestState;

  @Field(() => DateTime, { nullable: true, description: "When its last byte came; null when none came since the encoder holds it." })
  lastSeenAt!: Date | null;

  @Field(() => Float, { nullable: true, description: "What arrives, in kbit/s; null while nothing does." })
  bitrateKbps!: number | null;

  @Field(() => Boolean, { description: "Whether the server that it is pushed to answers; false once the event has ended." })
  serverAvailable!: boolean;
}

@ObjectType("IngestEndpoint", {
  description:
    "A way to push a signal: of those of one signal, a sender takes any, and another one whenever it connects again. One sender at a time is let in, whatever it comes by.",
  simpleResolvers: true,
})
export class IngestEndpointType {
  @Field(() => IngestProtocol, { description: "The protocol that the sender speaks." })
  protocol!: IngestProtocol;

  @Field(() => Url, { description: "The server's address, without the key." })
  serverUrl!: string;

  @Field(() => SecretType, {
    nullable: true,
    description:
      "What the sender has to present; revealSecret gives it out, to OPERATOR and above. SRT has one of its own, since it sends that in clear and RTMP knows no passphrase; a language that was made for one of them alone has the same for all until its keys are rotated.",
  })
  streamKey!: object | null;

  @Field(() => SecretType, { nullable: true, description: "What the sender has to encrypt with; null for other protocols than SRT." })
  srtPassphrase!: object | null;
}

@ObjectType("GoLiveCheck", {
  description: "What going live would meet at this moment; the worst of its languages decides.",
  simpleResolvers: true,
})
export class GoLiveCheckType {
  @Field(() => Boolean, { description: "Whether the event can go live now, perhaps with a confirmation." })
  allowed!: boolean;

  @Field(() => Boolean, { description: "Whether a language would go live with its backup alone, which wants `confirmBackupOnly: true`." })
  confirmationRequired!: boolean;

  @Field(() => [BackupOnlyLimitation], { description: "What it would go without; empty with the primary signal of every language." })
  limitations!: readonly BackupOnlyLimitation[];

  @Field(() => [UserErrorType], { description: "Everything that stands against it, as goLive would say it; empty when it is allowed." })
  blockers!: readonly UserError[];
}

@ObjectType("OnDemandCheck", { description: "What watching an event on demand would meet at this moment.", simpleResolvers: true })
export class OnDemandCheckType {
  @Field(() => Boolean, { description: "Whether a language of it can be watched on demand." })
  available!: boolean;

  @Field(() => [UserErrorType], {
    description:
      "Why not: INVALID_STATE while it is not over or the recording is being finished, NO_RECORDING where there is none; empty when it is available.",
  })
  blockers!: readonly UserError[];
}

@ObjectType("EventActions", {
  description: "For each thing that can be asked of an event, whether it may be asked now by this caller and, if not, why.",
  simpleResolvers: true,
})
export class EventActionsType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the event's." })
  id!: string;

  @Field(() => ActionStateType, { description: "Whether startEventTest may be called." })
  startTest!: ActionStateType;

  @Field(() => ActionStateType, { description: "Whether stopEventTest may be called." })
  stopTest!: ActionStateType;

  @Field(() => ActionStateType, { description: "Whether goLive may be called, perhaps with a confirmation." })
  goLive!: ActionStateType;

  @Field(() => ActionStateType, { description: "Whether stopEvent may be called, with its confirmation." })
  stop!: ActionStateType;

  @Field(() => ActionStateType, { description: "Whether its languages and backups may be changed." })
  edit!: ActionStateType;
}

@ObjectType("EventPayload", { description: "An event after something was asked of it.", simpleResolvers: true })
export class EventPayload {
  @Field(() => EventType, { nullable: true, description: "The event as it is now; null when the call was refused." })
  event!: object | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
