import { Field, ID, InputType as GraphInput, Int } from "type-graphql";
import { ProcessKind } from "./process.rules.ts";

@GraphInput("ProcessTargetInput", { description: "One rendition of one playback." })
export class ProcessTargetInputType {
  @Field(() => ID, { nullable: true, description: "The playback's id; this or its name has to be given." })
  playbackId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The playback's name in the session, in any letter case; for a playback that the same mutation creates.",
  })
  playbackName?: string | null;

  @Field(() => ID, { description: "The rendition, one of the playback's template." })
  renditionId!: string;
}

@GraphInput("ProcessSettingsInput", {
  description: "What one kind of process is to be on some renditions of a session, or on all of them.",
})
export class ProcessSettingsInputType {
  @Field(() => ProcessKind, { description: "Which process." })
  kind!: ProcessKind;

  @Field(() => Boolean, { description: "Whether it is made at all." })
  isEnabled!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: "Seconds between two contents, 10 to 3600, for THUMBNAIL and MOTION_CLIP, which need it. Left out: as it is already.",
  })
  intervalSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "For MOTION_CLIP, which needs it: its length, 1 to 60 seconds and not above the interval. For RECORDING and REPLAY: most length, 1 second or more, null for the entire stream. Left out: as it is already.",
  })
  durationSeconds?: number | null;

  @Field(() => [ProcessTargetInputType], {
    nullable: true,
    description: "The renditions, at most 400. Left out: every rendition of every playback, which wants sync.",
  })
  targets?: readonly ProcessTargetInputType[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Apply the setting to every rendition of every playback of the session; without targets alone.",
  })
  sync?: boolean | null;
}

@GraphInput("ConfigureProcessesInput", { description: "Settings of processes of one session; all of them apply, or none." })
export class ConfigureProcessesInputType {
  @Field(() => ID, { description: "The session, whatever its status." })
  sessionId!: string;

  @Field(() => [ProcessSettingsInputType], { description: "The settings, 1 to 100; each rendition and kind once." })
  settings!: readonly ProcessSettingsInputType[];
}

@GraphInput("RemoveProcessesInput", { description: "Processes to take off their sessions, all or none." })
export class RemoveProcessesInputType {
  @Field(() => [ID], { description: "The ids of the processes, at most 1,000, each once." })
  ids!: readonly string[];
}
