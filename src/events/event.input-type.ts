import { Field, ID, InputType as GraphInput, Int } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";
import { EventAccess, IngestRole, MessagingMode } from "./event.rules.ts";

const IDEMPOTENCY_KEY = "Any text of the caller's own: the same call with the same key is done once and answered twice, for 48 hours.";
const EXPECTED_VERSION = "The version that the caller read: another one is refused with VERSION_CONFLICT.";

@GraphInput("EventLanguageInput", {
  description: "A language of an event. Senders of its signals push by RTMP, RTMPS or encrypted SRT, each by what it likes.",
})
export class EventLanguageInput {
  @Field(() => String, { description: "A tag of BCP 47, such as de or pt-BR; unique in the event." })
  code!: string;

  @Field(() => String, { description: "What attendees choose it by; 1 to 200 characters." })
  label!: string;

  @Field(() => ID, { description: "The template that its signal is encoded by." })
  templateId!: string;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: "Whether there is a backup signal." })
  backupEnabled?: boolean | null;
}

@GraphInput("CreateEventInput", { description: "A new event. Its ingests listen from its creation on." })
export class CreateEventInput {
  @Field(() => String, { description: "What it is called; 1 to 200 characters." })
  title!: string;

  @Field(() => String, { nullable: true, description: "Free text for attendees, at most 2,000 characters." })
  details?: string | null;

  @Field(() => DateTime, { nullable: true, description: "When it is announced to begin; nothing begins by it." })
  startsAt?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it is announced to end, after startsAt; nothing ends by it." })
  endsAt?: Date | null;

  @Field(() => [EventLanguageInput], { description: "Its languages in the order that attendees see: 1 to 20." })
  languages!: readonly EventLanguageInput[];

  @Field(() => MessagingMode, { nullable: true, description: "What attendees may write; left out: DISABLED." })
  messagingMode?: MessagingMode | null;

  @Field(() => EventAccess, { nullable: true, description: "Who may watch; left out: PUBLIC." })
  access?: EventAccess | null;

  @Field(() => String, { nullable: true, description: "The code for ACCESS_CODE, 6 to 30 characters." })
  accessCode?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      "Whether each language is recorded from going live to the end, and can then be watched on demand. Wants the package LIVE_PROCESSING.",
  })
  recordingEnabled?: boolean | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@GraphInput("UpdateEventInput", {
  description: "Changes of an event, at any time. A field left out stays as it is, null clears it.",
})
export class UpdateEventInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => String, { nullable: true, description: "What it is called; 1 to 200 characters." })
  title?: string | null;

  @Field(() => String, { nullable: true, description: "Free text for attendees, at most 2,000 characters." })
  details?: string | null;

  @Field(() => DateTime, { nullable: true, description: "When it is announced to begin." })
  startsAt?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it is announced to end, after startsAt." })
  endsAt?: Date | null;

  @Field(() => MessagingMode, { nullable: true, description: "What attendees may write." })
  messagingMode?: MessagingMode | null;

  @Field(() => EventAccess, { nullable: true, description: "Who may watch." })
  access?: EventAccess | null;

  @Field(() => String, { nullable: true, description: "The code for ACCESS_CODE, 6 to 30 characters." })
  accessCode?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether each language is recorded, until it is live: from then on refused. True wants the package LIVE_PROCESSING.",
  })
  recordingEnabled?: boolean | null;
}

@GraphInput("DeleteEventsInput", { description: "Events to delete, all or none." })
export class DeleteEventsInput {
  @Field(() => [ID], { description: "The events' ids, 1 to 100. One that is tested or live is refused with INVALID_STATE." })
  ids!: readonly string[];
}

@GraphInput("AddEventLanguageInput", { description: "One more language for an event that is not live yet." })
export class AddEventLanguageInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => EventLanguageInput, { description: "The language." })
  language!: EventLanguageInput;
}

@GraphInput("RemoveEventLanguagesInput", { description: "Languages to take from an event that is not live yet, all or none." })
export class RemoveEventLanguagesInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => [String], { description: "The languages' codes; one language has to be left." })
  codes!: readonly string[];
}

@GraphInput("ConfigureBackupIngestInput", { description: "Whether a language has a backup signal." })
export class ConfigureBackupIngestInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => String, { description: "The language's code." })
  languageCode!: string;

  @Field(() => Boolean, { description: "Whether there is a backup." })
  enabled!: boolean;
}

@GraphInput("RotateIngestKeysInput", { description: "Keys of a language to be replaced, of an event that is not live." })
export class RotateIngestKeysInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => String, { description: "The language's code." })
  languageCode!: string;

  @Field(() => IngestRole, {
    nullable: true,
    description:
      "The signal whose keys are replaced; null or left out: both. The other one's sender has to connect anew, with the keys that it has.",
  })
  role?: IngestRole | null;
}

@GraphInput("EventActionInput", { description: "An event that something is asked of." })
export class EventActionInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;
}

@GraphInput("GoLiveInput", { description: "An event to take live." })
export class GoLiveInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Go live also where only a backup is connected, with the limitations that goLiveCheck tells.",
  })
  confirmBackupOnly?: boolean | null;
}

@GraphInput("StopEventInput", { description: "An event to end for ever." })
export class StopEventInput {
  @Field(() => ID, { description: "The event's id." })
  id!: string;

  @Field(() => Boolean, { description: "That it is over for sure: anything but true is refused with CONFIRMATION_REQUIRED." })
  confirm!: boolean;
}
