import { Field, Float, ID, InputType, ObjectType } from "type-graphql";
import { EventStatus, MessagingMode } from "../events/event.rules.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime, Url } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";

@ObjectType("PublicEvent", { description: "An event as its attendees see it." })
export class PublicEventType {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => String, { description: "What it is called." })
  title!: string;

  @Field(() => String, { nullable: true, description: "What there is to say about it; null when nothing is." })
  details!: string | null;

  @Field(() => EventStatus, { description: "What it is to attendees: SCHEDULED also while it is tested." })
  status!: EventStatus;

  @Field(() => DateTime, { nullable: true, description: "When it is announced to begin; null when that is open." })
  startsAt!: Date | null;

  @Field(() => MessagingMode, { description: "What attendees may write." })
  messagingMode!: MessagingMode;
}

@ObjectType("PublicLanguage", { description: "One language of an event as its attendees see it." })
export class PublicLanguageType {
  @Field(() => ID, { description: "An identifier of its own." })
  id!: string;

  @Field(() => String, { description: "The language's tag of BCP 47, such as de or pt-BR." })
  code!: string;

  @Field(() => String, { description: "What to choose it by." })
  label!: string;
}

@ObjectType("PublicRecording", { description: "A recording of a language, for attendees.", simpleResolvers: true })
export class PublicRecordingType {
  @Field(() => ID, { description: "The id of the asset that it is." })
  id!: string;

  @Field(() => Url, {
    nullable: true,
    description:
      "What players open: a file, signed and good for a day, the same for all who ask within an hour. Null while what keeps it is away.",
  })
  url!: string | null;

  @Field(() => Url, {
    nullable: true,
    description:
      "Saves its closed captions as an SRT file, signed as `url` is. Null where none came with the signal, and wherever `url` is null.",
  })
  captionsUrl!: string | null;

  @Field(() => String, { description: "Its media type, such as video/mp4." })
  contentType!: string;

  @Field(() => Float, { nullable: true, description: "Its length in seconds; null when that is not known." })
  durationSeconds!: number | null;
}

@InputType("JoinEventInput", { description: "The way in for an attendee. Asks for no credential." })
export class JoinEventInput {
  @Field(() => ID, { description: "The event's id." })
  eventId!: string;

  @Field(() => String, { nullable: true, description: "The access code, for an event that asks for one." })
  accessCode?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What others see beside what the attendee writes, at most 50 characters; left out: Guest.",
  })
  displayName?: string | null;
}

@ObjectType("JoinEventPayload", { description: "An attendee's credential.", simpleResolvers: true })
export class JoinEventPayload {
  @Field(() => String, {
    nullable: true,
    description: "Good for this event alone: send it as `Authorization: Bearer TOKEN`. Null when the call was refused.",
  })
  token!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When the token ends, in 24 hours; null when the call was refused." })
  expiresAt!: Date | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
