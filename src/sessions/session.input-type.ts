import { Field, Float, ID, InputType as GraphInput, Int } from "type-graphql";
import { UploadScalar, type Upload } from "../graphql/upload.ts";
import { IMAGE_LIMITS } from "../images/image.rules.ts";
import { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import { ProcessSettingsInputType } from "../processes/process.input-type.ts";
import { Health, InputType, RemapMode, RemapType, SessionStatus } from "./session.rules.ts";

/** The description of every idempotency key. */
export const IDEMPOTENCY_KEY =
  "At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard.";
const EXPECTED_VERSION = "Refuse with VERSION_CONFLICT when the session is not at this version any more; null: whatever its version.";

@GraphInput("FailoverInput", { description: "When an input leaves path A, and how it comes back. Needs a URL for path B." })
export class FailoverInputType {
  @Field(() => Int, { description: "Seconds between attempts to go back to path A, 120 or more; -1 remains on path B." })
  recoveryIntervalSeconds!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Fail over when more than this percentage of packets is lost in 30 seconds: 0.01 to 100. Null: only when path A is gone.",
  })
  errorThresholdPercent?: number | null;
}

/** What a new source and a patch of one share. */
@GraphInput()
class SourceFields {
  @Field(() => String, { nullable: true, description: "The URL of path A, for pull inputs, which need it; push inputs refuse it." })
  urlA?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The URL of path B, for MULTICAST_PULL alone; its presence turns failover on, with 120 seconds when no failover is given.",
  })
  urlB?: string | null;

  @Field(() => FailoverInputType, { nullable: true, description: "How to fail over to path B; needs urlB." })
  failover?: FailoverInputType | null;

  @Field(() => String, {
    nullable: true,
    description:
      "For push inputs: the stream key to expect, 8 to 128 letters, digits, dots, hyphens, underscores or tildes; null: generated.",
  })
  customStreamKey?: string | null;

  @Field(() => Boolean, { nullable: true, description: "For SRT_PUSH: whether senders have to encrypt. Off when left out." })
  srtEncryptionEnabled?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: "For SRT_PUSH with encryption: the passphrase, 10 to 79 printable ASCII characters; null: generated.",
  })
  srtPassphrase?: string | null;

  @Field(() => Boolean, { nullable: true, description: "For HLS_PULL: pass SCTE-35 cue tags on to our HLS output. Off when left out." })
  hlsScte35PassthroughEnabled?: boolean | null;
}

@GraphInput("SessionSourceInput", { description: "Where a session's signal comes from." })
export class SessionSourceInputType extends SourceFields {
  @Field(() => InputType, { description: "The kind of input; it can never change." })
  type!: InputType;
}

@GraphInput("SessionSourcePatch", {
  description: "Changes to an input: a field left out stays as it is, null clears it. The type can never change.",
})
export class SessionSourcePatchType extends SourceFields {}

@GraphInput("RemapRuleInput", { description: "One rule of a stream remap, for MULTICAST_PULL inputs." })
export class RemapRuleInputType {
  @Field(() => Int, { description: "Rules are applied from the lowest number up; 0 to 1000." })
  priority!: number;

  @Field(() => RemapType, { description: "The kind of stream that the rule is about." })
  type!: RemapType;

  @Field(() => String, { description: "The language of the stream, two or three letters, or `any`." })
  language!: string;

  @Field(() => RemapMode, { description: "What becomes of the stream." })
  mode!: RemapMode;
}

/** What a new playback and a patch of one share. */
@GraphInput()
class PlaybackFields {
  @Field(() => [String], {
    nullable: true,
    description:
      "One URL for each rendition of the template; CMAF_PUSH one base URL; FILE one path relative to the encoder's directory for files; HTTP none.",
  })
  urls?: readonly string[] | null;

  @Field(() => Boolean, { nullable: true, description: "For HTTP: serve HLS. HTTP needs HLS or DASH. Off when left out." })
  hlsEnabled?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "For HTTP: serve DASH. HTTP needs HLS or DASH. Off when left out." })
  dashEnabled?: boolean | null;

  @Field(() => String, { nullable: true, description: "For MULTICAST and SRT_PUSH: the service provider name, at most 100 characters." })
  serviceProvider?: string | null;

  @Field(() => Int, { nullable: true, description: "For MULTICAST and SRT_PUSH: the MPEG-TS program number, 1 to 65535." })
  programNumber?: number | null;

  @Field(() => FileFormat, { nullable: true, description: "For FILE, which needs it: the container." })
  fileFormat?: FileFormat | null;

  @Field(() => Int, {
    nullable: true,
    description: "For FILE: begin a new file after so many seconds, a multiple of 300 from 300 to 43200; null: one file for each run.",
  })
  maxFileDurationSeconds?: number | null;
}

@GraphInput("PlaybackInput", { description: "A new output of a session." })
export class PlaybackInputType extends PlaybackFields {
  @Field(() => String, { description: "Name, unique in the session whatever its letter case; at most 200 characters." })
  name!: string;

  @Field(() => OutputType, { description: "The kind of output; it can never change." })
  type!: OutputType;

  @Field(() => ID, { nullable: true, description: "The template to encode with; left out: the organization's default one." })
  templateId?: string | null;
}

@GraphInput("PlaybackPatch", {
  description: "Changes to a playback: a field left out stays as it is, null clears it where it may be empty. The type can never change.",
})
export class PlaybackPatchType extends PlaybackFields {
  @Field(() => String, { nullable: true, description: "A new name, unique among the outputs of its session; left out: as it is." })
  name?: string | null;

  @Field(() => ID, { nullable: true, description: "Another template, whose ladder it is from the next start on; left out: as it is." })
  templateId?: string | null;
}

@GraphInput("CreateSessionInput", { description: "A new session with its playbacks. It is created STOPPED." })
export class CreateSessionInputType {
  @Field(() => String, { description: "Name, unique in the organization whatever its letter case; at most 200 characters." })
  name!: string;

  @Field(() => String, { nullable: true, description: "Free text for people, at most 2,000 characters." })
  description?: string | null;

  @Field(() => String, { nullable: true, description: "The region whose encoders shall run it; left out: the installation's own." })
  region?: string | null;

  @Field(() => String, { nullable: true, description: "A key of your own system, unique in the organization; at most 200 characters." })
  externalId?: string | null;

  @Field(() => [String], { nullable: true, description: "Free labels to find sessions by; at most 50 of at most 100 characters." })
  labels?: readonly string[] | null;

  @Field(() => UploadScalar, { nullable: true, description: `The picture that stands for it: ${IMAGE_LIMITS}.` })
  coverImage?: Upload | null;

  @Field(() => SessionSourceInputType, { description: "Where the signal comes from." })
  source!: SessionSourceInputType;

  @Field(() => Boolean, { nullable: true, description: "Show a slate by itself when the input is lost. Off when left out." })
  slatesEnabled?: boolean | null;

  @Field(() => [RemapRuleInputType], {
    nullable: true,
    description: "Rules for the streams of a multicast input; at least one keeps a video stream.",
  })
  streamRemap?: readonly RemapRuleInputType[] | null;

  @Field(() => [PlaybackInputType], { description: "The outputs, at most 20. None is allowed, and such a session cannot start." })
  playbacks!: readonly PlaybackInputType[];

  @Field(() => [ProcessSettingsInputType], {
    nullable: true,
    description: "Live processes of it, at most 100 settings; targets name playbacks by playbackName. Needs the package LIVE_PROCESSING.",
  })
  processes?: readonly ProcessSettingsInputType[] | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@GraphInput("UpdateSessionInput", {
  description:
    "Changes to a session: a field left out stays as it is, null clears it where it may be empty. The source, slates and remap need the session STOPPED; the others do not.",
})
export class UpdateSessionInputType {
  @Field(() => ID, { description: "The id of the session." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => String, { nullable: true, description: "A new name, unique in the organization; left out: as it is." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "A new description." })
  description?: string | null;

  @Field(() => String, { nullable: true, description: "Another key of your own system." })
  externalId?: string | null;

  @Field(() => [String], { nullable: true, description: "All labels, instead of those there are." })
  labels?: readonly string[] | null;

  @Field(() => UploadScalar, { nullable: true, description: `Another picture that stands for it: ${IMAGE_LIMITS}. Null: none.` })
  coverImage?: Upload | null;

  @Field(() => UploadScalar, { nullable: true, description: `Another picture for its slate: ${IMAGE_LIMITS}. Null: the default one.` })
  slateImage?: Upload | null;

  @Field(() => SessionSourcePatchType, { nullable: true, description: "Changes to the input." })
  source?: SessionSourcePatchType | null;

  @Field(() => Boolean, { nullable: true, description: "Whether a slate is shown by itself when the input is lost." })
  slatesEnabled?: boolean | null;

  @Field(() => [RemapRuleInputType], { nullable: true, description: "All remap rules, instead of those there are." })
  streamRemap?: readonly RemapRuleInputType[] | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@GraphInput("AddPlaybackInput", { description: "One more output for a stopped session." })
export class AddPlaybackInputType {
  @Field(() => ID, { description: "The id of the session." })
  sessionId!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => PlaybackInputType, { description: "The output to add to the session." })
  playback!: PlaybackInputType;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@GraphInput("UpdatePlaybackInput", { description: "Changes to an output of a stopped session." })
export class UpdatePlaybackInputType {
  @Field(() => ID, { description: "The playback." })
  id!: string;

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;

  @Field(() => PlaybackPatchType, { description: "What changes." })
  playback!: PlaybackPatchType;
}

@GraphInput("RemovePlaybacksInput", { description: "Outputs to take off a stopped session, all or none. One has to remain." })
export class RemovePlaybacksInputType {
  @Field(() => ID, { description: "The id of the session." })
  sessionId!: string;

  @Field(() => [ID], { description: "The playbacks to remove." })
  ids!: readonly string[];

  @Field(() => Int, { nullable: true, description: EXPECTED_VERSION })
  expectedVersion?: number | null;
}

@GraphInput("SessionFilter", {
  description:
    "Which sessions are meant: a field left out says nothing, several fields must all hold, and within a list any of them. `{}` means all.",
})
export class SessionFilterType {
  @Field(() => [ID], { nullable: true, description: "Sessions with one of these ids." })
  ids?: readonly string[] | null;

  @Field(() => [ID], { nullable: true, description: "All but these, for `select all` with some taken off." })
  excludeIds?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: "Sessions with one of these names, letter case aside." })
  names?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: "Sessions with one of these keys of your own system." })
  externalIds?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: "Sessions with one of these stream ids." })
  streamIds?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: "Sessions that carry one of these labels." })
  labels?: readonly string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Sessions in whose name, description, stream id, external id or labels this text stands, letter case aside; at most 200 characters.",
  })
  search?: string | null;

  @Field(() => [SessionStatus], { nullable: true, description: "Sessions in one of these statuses." })
  status?: readonly SessionStatus[] | null;

  @Field(() => [Health], { nullable: true, description: "Sessions of one of these healths." })
  health?: readonly Health[] | null;

  @Field(() => [InputType], { nullable: true, description: "Sessions with one of these kinds of input." })
  inputType?: readonly InputType[] | null;

  @Field(() => ID, { nullable: true, description: "Sessions with a playback that uses this template." })
  templateId?: string | null;

  @Field(() => Boolean, { nullable: true, description: "True: sessions with an open alert; false: those without." })
  hasOpenAlert?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Sessions that run and of which something was edited that waits for a restart; false: all others.",
  })
  hasPendingChanges?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the session feeds a language of an event." })
  hasEvent?: boolean | null;
}

@GraphInput("SessionSelection", {
  description: "Exactly one of ids and filter: the check boxes, or `select all` that match. At most 10,000 sessions.",
})
export class SessionSelectionType {
  @Field(() => [ID], { nullable: true, description: "These sessions, answered in this order." })
  ids?: readonly string[] | null;

  @Field(() => SessionFilterType, { nullable: true, description: "All sessions that the filter means, answered by name." })
  filter?: SessionFilterType | null;
}
