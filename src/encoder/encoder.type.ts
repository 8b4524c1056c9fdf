import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../graphql/node.ts";
import { DateTime } from "../graphql/scalars.ts";
import { OutputType } from "../playbacks/playback.rules.ts";
import { InputType } from "../sessions/session.rules.ts";
import { EncoderStatus } from "./encoder.rules.ts";

registerEnumType(EncoderStatus, {
  name: "EncoderStatus",
  description: "Whether an encoder takes sessions.",
  valuesConfig: {
    ONLINE: { description: "It takes sessions while it has room." },
    DRAINING: { description: "It keeps the sessions that it has and takes no new ones." },
    LOST: { description: "It has not been heard of for a lease time; its sessions are taken over by others." },
  },
});

@ObjectType("Region", { description: "A place where encoders are. A session runs on an encoder of its region.", simpleResolvers: true })
export class RegionType {
  @Field(() => String, { description: "Name of the region, as sessions name it." })
  name!: string;

  @Field(() => Boolean, { description: "Whether sessions that name no region get this one." })
  isDefault!: boolean;

  @Field(() => Int, { description: "How many sessions its online encoders take together; 0 when none is online." })
  capacity!: number;

  @Field(() => Int, { description: "How many sessions its encoders hold now, of all organizations." })
  running!: number;
}

@ObjectType("Encoder", {
  implements: Node,
  description: "An agent that runs sessions, on this machine or another. All organizations share it.",
  simpleResolvers: true,
})
export class EncoderType extends Node {
  @Field(() => String, { description: "Its name, by default that of its machine." })
  name!: string;

  @Field(() => String, { description: "The region whose sessions it runs." })
  region!: string;

  @Field(() => EncoderStatus, { description: "Whether it takes sessions." })
  status!: EncoderStatus;

  @Field(() => Int, { description: "How many sessions it runs at most." })
  capacity!: number;

  @Field(() => Int, { description: "How many sessions it holds now, of all organizations." })
  running!: number;

  @Field(() => [InputType], { description: "The input types that it can run, as found when it started." })
  supportedInputs!: readonly InputType[];

  @Field(() => [OutputType], { description: "The output types that it can run, as found when it started." })
  supportedOutputs!: readonly OutputType[];

  @Field(() => Boolean, {
    description:
      "Whether its disk is nearly full: thumbnails, motion clips and clips are not made on it until there is room again, recordings and replays pause before it is full, and the encoding goes on.",
  })
  isStorageLow!: boolean;

  @Field(() => DateTime, { description: "When it last reported; about a second ago while it is well." })
  lastSeenAt!: Date;

  @Field(() => String, { description: "The version of Headend that it runs." })
  version!: string;
}
