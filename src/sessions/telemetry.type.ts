import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";

@ObjectType("Telemetry", { description: "What a running session does now, as its encoder tells every second.", simpleResolvers: true })
export class TelemetryType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the session's." })
  id!: string;

  @Field(() => DateTime, { description: "When the encoder told it; at most 5 seconds ago." })
  at!: Date;

  @Field(() => Float, { nullable: true, description: "Frames per second that are made; null while no output exists." })
  frameRate!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Seconds of media made for each second that passes: 1 keeps up, less is too slow. Null while no output exists.",
  })
  speed!: number | null;

  @Field(() => Float, { nullable: true, description: "Bitrate of the input that is taken now, in kbit/s; null while nothing arrives." })
  bitrateKbps!: number | null;

  @Field(() => Int, { nullable: true, description: "Frames that were dropped since the encoder began; null while no output exists." })
  droppedFrames!: number | null;

  @Field(() => String, { nullable: true, description: "The name of the encoder that runs it; null when it is not known any more." })
  encoder!: string | null;
}

@ObjectType("SessionTelemetry", { description: "What one session does now.", simpleResolvers: true })
export class SessionTelemetryType {
  @Field(() => ID, { description: "The session's id." })
  sessionId!: string;

  @Field(() => TelemetryType, { description: "What it does." })
  telemetry!: TelemetryType;
}
