import { Field, ID, InputType as GraphInput } from "type-graphql";
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

@GraphInput("DeleteAssetsInput", { description: "Assets to be deleted with their files, all or none." })
export class DeleteAssetsInputType {
  @Field(() => [ID], { description: "The ids of the assets, at most 1,000, each once." })
  ids!: readonly string[];
}
