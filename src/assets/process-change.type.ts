import { Field, ID, ObjectType } from "type-graphql";
import { ChangeKind } from "../changes/change.enums.ts";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import { ProcessType } from "../processes/process.type.ts";
import { AssetType } from "./asset.type.ts";

@ObjectType("ProcessChange", {
  description:
    "One item of processChanges: what became of a process or of an asset, or a word about the stream itself. That a thumbnail or motion clip was made anew, as every interval has it, is not told.",
  simpleResolvers: true,
})
export class ProcessChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => ChangeKind, { description: "What the item tells: of the asset where there is an assetId, else of the process." })
  kind!: ChangeKind;

  @Field(() => DateTime, { description: "When the change was made; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => ID, { nullable: true, description: "The process that it is about, or that made the asset; null when there is none." })
  processId!: string | null;

  @Field(() => ProcessType, {
    nullable: true,
    description: "That process as it is now, which may be later than this change; null once it is removed, and for items about the stream.",
  })
  process!: object | null;

  @Field(() => ID, { nullable: true, description: "The asset that it is about; null for a change of a process." })
  assetId!: string | null;

  @Field(() => AssetType, {
    nullable: true,
    description: "That asset as it is now, which may be later than this change; null once it is deleted.",
  })
  asset!: object | null;
}
