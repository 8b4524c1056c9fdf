import { Field, Float, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";
import { AssetKind, AssetStatus } from "./asset.rules.ts";

registerEnumType(AssetKind, {
  name: "AssetKind",
  description: "What an asset is.",
  valuesConfig: {
    RECORDING: { description: "A file of a run, whole once the run has ended." },
    THUMBNAIL: { description: "A still picture that was kept; the latest one of a process is at the address of that." },
    MOTION_CLIP: { description: "A short silent film that was kept; the latest one of a process is at the address of that." },
    REPLAY: { description: "An HLS playlist of a run, which can be watched while the run goes on." },
    CLIP: { description: "A piece that was cut out of a replay." },
  },
});

registerEnumType(AssetStatus, {
  name: "AssetStatus",
  description: "How far an asset is.",
  valuesConfig: {
    IN_PROGRESS: { description: "It is being made; a replay can be watched already." },
    READY: { description: "It is whole and can be opened." },
    FAILED: { description: "It could not be finished, or its files are gone." },
  },
});

@ObjectType("Asset", {
  implements: Node,
  description: "A file or a playlist that a process made, or a clip of one. It outlives its process and its session.",
})
export class AssetType extends Node {
  @Field(() => AssetKind, { description: "What was made: by which kind of process, or by cutting." })
  kind!: AssetKind;

  @Field(() => AssetStatus, { description: "How far it is." })
  status!: AssetStatus;

  @Field(() => String, {
    nullable: true,
    description: "The name of the playback that it was made of, as it was then; null when that is not known.",
  })
  playbackName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The name of the rendition that it was made of, as it was then; null when that is not known.",
  })
  renditionName!: string | null;

  @Field(() => String, { nullable: true, description: "What whoever asked for a clip calls it; null for everything else." })
  name!: string | null;

  @Field(() => DateTime, { description: "When its run began: the session date." })
  sessionDate!: Date;

  @Field(() => String, { description: "The name of the file, or of the playlist that leads to the others." })
  fileName!: string;

  @Field(() => String, { description: "Media type, such as video/mp4 or application/vnd.apple.mpegurl." })
  contentType!: string;

  @Field(() => Float, { nullable: true, description: "Size of all its files in bytes; null while that is not known." })
  bytes!: number | null;

  @Field(() => Float, { nullable: true, description: "Length in seconds; null while that is not known, and for pictures." })
  durationSeconds!: number | null;

  @Field(() => Float, {
    description:
      "Of a replay that keeps its newest part alone, the seconds before that part: what a player shows as 0 is at droppedSeconds for cues of clips. Its playlist says it to the newest segment. 0 for everything else.",
  })
  droppedSeconds!: number;

  @Field(() => DateTime, { description: "When it was begun." })
  createdAt!: Date;
}

export const AssetConnection = connectionType("Asset", () => AssetType);

@ObjectType("AssetPayload", { description: "An asset after something was done to it.", simpleResolvers: true })
export class AssetPayload {
  @Field(() => AssetType, { nullable: true, description: "The asset as it is now; null when the call was refused." })
  asset!: object | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
