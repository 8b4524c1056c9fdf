import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import { Health } from "../sessions/session.rules.ts";
import type { UserError } from "../shared/user-error.ts";
import { ProcessKind } from "./process.rules.ts";

registerEnumType(ProcessKind, {
  name: "ProcessKind",
  description: "What is made live of one rendition of a session.",
  valuesConfig: {
    RECORDING: { description: "One file for each run of the session, at most as long as its duration; ready once the run has ended." },
    THUMBNAIL: { description: "A still picture, anew at every interval of 10 to 3600 seconds, always at the same address." },
    MOTION_CLIP: {
      description: "A short silent film of 1 to 60 seconds, anew at every interval of 10 to 3600 seconds, always at the same address.",
    },
    REPLAY: { description: "An HLS playlist for each run, which can be watched while the session runs and afterwards." },
  },
});

@ObjectType("ProcessSettings", { description: "What an operator sets of a process.", simpleResolvers: true })
export class ProcessSettingsType {
  @Field(() => Boolean, { description: "Whether it is made at all." })
  isEnabled!: boolean;

  @Field(() => Int, { nullable: true, description: "Seconds between two contents, 10 to 3600; null for recordings and replays." })
  intervalSeconds!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Length of a motion clip in seconds, 1 to 60; most length of a recording or replay, null for the entire stream; null for thumbnails.",
  })
  durationSeconds!: number | null;
}

@ObjectType("Process", {
  implements: Node,
  description: "One live-processing job on one rendition of a session. What is set takes effect with the session's next start.",
})
export class ProcessType extends Node {
  @Field(() => ProcessKind, { description: "What it makes; it can never change." })
  kind!: ProcessKind;

  @Field(() => Boolean, { description: "Whether it makes something now, as its encoder tells." })
  isActive!: boolean;

  @Field(() => Health, { description: "How well it goes; a failure of it disturbs neither the outputs nor other processes." })
  health!: Health;

  @Field(() => String, { nullable: true, description: "Why it is of this health, in one sentence; null when all is well." })
  statusReason!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Names the latest content: another text for each. With `?v=` and this behind `url`, caches may keep the content for good. Null while there is none, and for recordings and replays.",
  })
  contentVersion!: string | null;

  @Field(() => String, { nullable: true, description: "Media type of the latest content, such as image/jpeg; null while there is none." })
  contentType!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When the latest content was made; null while there is none." })
  contentAt!: Date | null;
}

export const ProcessConnection = connectionType("Process", () => ProcessType);

@ObjectType("ProcessesPayload", { description: "The processes that a call was about.", simpleResolvers: true })
export class ProcessesPayload {
  @Field(() => [ProcessType], {
    description:
      "The processes as they now are: those that were configured; of those that were removed, the ones that go on until their session has stopped. Empty when the call was refused.",
  })
  processes!: readonly object[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

/** What `ProcessesPayload` holds beside the refusals of a verb that refused. */
export const NO_PROCESSES = { processes: [] } as const;
