import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { DateTime } from "../graphql/scalars.ts";
import { DesiredStatus, Health, InputPath, InputType, RemapMode, RemapType, SessionStatus, Verb } from "./session.rules.ts";

@ObjectType("Secret", {
  implements: Node,
  description: "A stream key or passphrase. Never readable here: only its mask, and what is known about it.",
  simpleResolvers: true,
})
export class SecretType extends Node {
  @Field(() => String, { description: "Stands for the secret; the same for every secret, so that it tells nothing of it." })
  mask!: string;

  @Field(() => Boolean, { description: "Whether it was generated here; false when a caller gave it." })
  isGenerated!: boolean;

  @Field(() => DateTime, { nullable: true, description: "When it was last replaced; null when it never was." })
  rotatedAt!: Date | null;
}

@ObjectType("Failover", { description: "When an input leaves path A, and how it comes back.", simpleResolvers: true })
export class FailoverType {
  @Field(() => Int, { description: "Seconds between attempts to go back to path A, 120 or more; -1 remains on path B." })
  recoveryIntervalSeconds!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Fail over when more than this percentage of packets is lost in 30 seconds: 0.01 to 100. Null: only when path A is gone.",
  })
  errorThresholdPercent!: number | null;

  @Field(() => DateTime, { nullable: true, description: "When the encoder next tries to go back to path A; null while it does not." })
  nextRecoveryAt!: Date | null;
}

@ObjectType("SessionSource", { description: "Where a session's signal comes from." })
export class SessionSourceType {
  @Field(() => ID, { description: "An identifier of its own, for client caches; it follows from the session's." })
  id!: string;

  @Field(() => InputType, {
    description:
      "The kind of input; it can never change. RTMP_PUSH for the session of an event's language, whose senders may push by SRT as well: `Ingest.endpoints` tells all that it takes.",
  })
  type!: InputType;

  @Field(() => String, { nullable: true, description: "The URL of path A, secrets in it masked; null for inputs that are pushed to us." })
  urlA!: string | null;

  @Field(() => String, { nullable: true, description: "The URL of the backup path B, secrets in it masked; null without failover." })
  urlB!: string | null;

  @Field(() => InputPath, { description: "The path that the signal is taken from now; A while stopped." })
  activePath!: InputPath;

  @Field(() => FailoverType, { nullable: true, description: "How the input fails over; null without failover." })
  failover!: FailoverType | null;

  @Field(() => SecretType, { nullable: true, description: "What a sender has to present; null for inputs that are not pushed to us." })
  streamKey?: SecretType | null;

  @Field(() => Boolean, { description: "Whether senders over SRT have to encrypt." })
  srtEncryptionEnabled!: boolean;

  @Field(() => SecretType, { nullable: true, description: "The passphrase of the SRT encryption; null without encryption." })
  srtPassphrase?: SecretType | null;

  @Field(() => Boolean, { description: "Whether SCTE-35 cue tags of the input's HLS playlist appear in our HLS output." })
  hlsScte35PassthroughEnabled!: boolean;
}

@ObjectType("RemapRule", { description: "One rule of a stream remap of a multicast input.", simpleResolvers: true })
export class RemapRuleType {
  @Field(() => Int, { description: "Rules are applied from the lowest number up." })
  priority!: number;

  @Field(() => RemapType, { description: "The kind of stream that the rule is about." })
  type!: RemapType;

  @Field(() => String, { description: "The language of the stream that the rule is about, two or three letters, or `any`." })
  language!: string;

  @Field(() => RemapMode, { description: "What becomes of the stream." })
  mode!: RemapMode;
}

@ObjectType("SessionCommand", { description: "Something that was asked of a session.", simpleResolvers: true })
export class SessionCommandType {
  @Field(() => Verb, { description: "What was asked for." })
  verb!: Verb;

  @Field(() => String, { description: "Who asked, such as `key:Playout`." })
  actor!: string;

  @Field(() => DateTime, { description: "When it was recorded." })
  at!: Date;
}

@ObjectType("Session", { implements: Node, description: "One live encoding: an input, its playbacks, and what it is seen to do." })
export class SessionType extends Node {
  @Field(() => String, { description: "Short public id, for people and file names; it opens nothing." })
  streamId!: string;

  @Field(() => String, { description: "Name, unique in the organization whatever its letter case; at most 200 characters." })
  name!: string;

  @Field(() => String, { nullable: true, description: "Free text for people, at most 2,000 characters; null when none was given." })
  description!: string | null;

  @Field(() => String, { description: "The region whose encoders run it." })
  region!: string;

  @Field(() => String, { nullable: true, description: "A key of your own system, unique in the organization; null when none was given." })
  externalId!: string | null;

  @Field(() => [String], { description: "Free labels to find sessions by; at most 50." })
  labels!: readonly string[];

  @Field(() => SessionStatus, { description: "What the session is observed to do." })
  status!: SessionStatus;

  @Field(() => DesiredStatus, { description: "What was asked for." })
  desiredStatus!: DesiredStatus;

  @Field(() => Health, { description: "How well it goes, beside the status." })
  health!: Health;

  @Field(() => String, { nullable: true, description: "Why it is in this status or health, in one sentence; null when all is well." })
  statusReason!: string | null;

  @Field(() => DateTime, { description: "When the status last changed." })
  statusChangedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: "Since when output exists in this run, losses of input included: the uptime. Null while there is none.",
  })
  runningSince!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When an encoder last reported on it; null when none ever did." })
  lastSeenAt!: Date | null;

  @Field(() => Boolean, { description: "Whether a slate is shown by itself when the input is lost." })
  slatesEnabled!: boolean;

  @Field(() => [RemapRuleType], {
    description: "Rules for the streams of a multicast input, by priority; empty when streams are taken as they are.",
  })
  streamRemap!: readonly RemapRuleType[];

  @Field(() => Int, { description: "Counted up by every edit of the session or its playbacks; give it back as expectedVersion." })
  version!: number;

  @Field(() => DateTime, { description: "When it was created." })
  createdAt!: Date;

  @Field(() => DateTime, { description: "When it was last edited; a change of status is not an edit." })
  updatedAt!: Date;
}

export const SessionConnection = connectionType("Session", () => SessionType);

@ObjectType("StatusCount", { description: "How many sessions are in one status.", simpleResolvers: true })
export class StatusCountType {
  @Field(() => SessionStatus, { description: "The status that is counted." })
  status!: SessionStatus;

  @Field(() => Int, { description: "How many sessions are in it." })
  count!: number;
}

@ObjectType("HealthCount", { description: "How many sessions are of one health.", simpleResolvers: true })
export class HealthCountType {
  @Field(() => Health, { description: "The health that is counted." })
  health!: Health;

  @Field(() => Int, { description: "How many sessions are of it." })
  count!: number;
}

@ObjectType("SessionSummary", { description: "Counters for the top of a wall of sessions.", simpleResolvers: true })
export class SessionSummaryType {
  @Field(() => Int, { description: "How many sessions the filter means." })
  total!: number;

  @Field(() => [StatusCountType], { description: "One counter for every status, zero included." })
  byStatus!: readonly StatusCountType[];

  @Field(() => [HealthCountType], { description: "One counter for every health, zero included." })
  byHealth!: readonly HealthCountType[];

  @Field(() => Int, { description: "How many alerts of these sessions are open." })
  openAlerts!: number;
}
