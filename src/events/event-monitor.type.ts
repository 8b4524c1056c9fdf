import { Field, ID, Int, ObjectType } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";
import { EventStatus, IngestRole, IngestState } from "./event.rules.ts";

@ObjectType("EventLanguageMonitor", { description: "How one language of an event does at one moment.", simpleResolvers: true })
export class EventLanguageMonitorType {
  @Field(() => String, { description: "The language's tag of BCP 47, such as de or pt-BR." })
  code!: string;

  @Field(() => Int, { description: "How many watch it, by what they fetched within the last 15 s; 0 unless the event is LIVE." })
  viewerCount!: number;

  @Field(() => IngestState, { description: "What its main signal does." })
  primary!: IngestState;

  @Field(() => IngestState, { description: "What its backup signal does." })
  backup!: IngestState;

  @Field(() => IngestRole, { nullable: true, description: "The signal that attendees see; null while neither arrives." })
  activeIngest!: IngestRole | null;
}

@ObjectType("EventMonitor", { description: "How an event does at one moment.", simpleResolvers: true })
export class EventMonitorType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the event's." })
  id!: string;

  @Field(() => DateTime, { description: "When all of this was so." })
  at!: Date;

  @Field(() => EventStatus, { description: "What the event is." })
  status!: EventStatus;

  @Field(() => Int, { description: "Whole seconds since it went live, up to its end; 0 before, and in a test." })
  streamingSeconds!: number;

  @Field(() => Int, { description: "How many watch, in all languages together; who watches two is counted twice." })
  viewerCount!: number;

  @Field(() => [EventLanguageMonitorType], { description: "Each of its languages, in their order." })
  languages!: readonly EventLanguageMonitorType[];

  @Field(() => Boolean, { description: "Whether the servers that its signals are pushed to answer, all of them; false once it has ended." })
  serverAvailable!: boolean;
}
