import { Field, Float, ID, InputType as GraphInput } from "type-graphql";
import { DateTime } from "../graphql/scalars.ts";

@GraphInput("ShareAssetInput", { description: "An asset to be opened to whoever has its share URL, or to nobody any more." })
export class ShareAssetInputType {
  @Field(() => ID, { description: "The id of the asset." })
  id!: string;

  @Field(() => Boolean, {
    description:
      "Whether it is shared. Shared again, it keeps its URL; false withdraws the URL for good, and another share has another one.",
  })
  isShared!: boolean;

  @Field(() => DateTime, { nullable: true, description: "When the share ends by itself, in the future; null: when it is withdrawn." })
  expiresAt?: Date | null;
}

@GraphInput("CreateClipInput", { description: "A piece of a replay, from cue-in to cue-out." })
export class CreateClipInputType {
  @Field(() => ID, { description: "The id of an asset of kind REPLAY, which may still be going on." })
  assetId!: string;

  @Field(() => Float, {
    description: "Where the clip begins, in seconds from what was first in the replay; add its droppedSeconds to the position of a player.",
  })
  cueInSeconds!: number;

  @Field(() => Float, { description: "Where it ends, counted in the same way: from 5 seconds to half an hour behind cueInSeconds." })
  cueOutSeconds!: number;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      "Whether it begins and ends at the very frames, for which it is encoded anew, as H.264 and AAC; false: it is copied as it is, and begins at the key frame at or before cueInSeconds.",
  })
  frameAccurate?: boolean | null;

  @Field(() => String, { nullable: true, description: "What it is called, at most 200 characters; null: nothing." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "A second call with the same key and the same input is answered as the first was, and makes no second clip.",
  })
  idempotencyKey?: string | null;
}

@GraphInput("DeleteAssetsInput", { description: "Assets to be deleted with their files, all or none." })
export class DeleteAssetsInputType {
  @Field(() => [ID], { description: "The ids of the assets, at most 1,000, each once." })
  ids!: readonly string[];
}
