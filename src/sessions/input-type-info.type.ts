import { Field, ObjectType } from "type-graphql";
import { InputType } from "./session.rules.ts";

@ObjectType("InputTypeInfo", {
  description: "What an input type is and allows: the rules that sessions are checked by.",
  simpleResolvers: true,
})
export class InputTypeInfoType {
  @Field(() => InputType, { description: "The type that this is about." })
  type!: InputType;

  @Field(() => Boolean, {
    description: "Whether senders push to us: we give the URL and the stream key. Otherwise an encoder pulls, or reads a card.",
  })
  isPush!: boolean;

  @Field(() => Boolean, { description: "Whether it takes a URL for path B, and fails over to it." })
  supportsFailover!: boolean;

  @Field(() => Boolean, { description: "Whether its streams can be picked by a stream remap." })
  supportsRemap!: boolean;

  @Field(() => Boolean, { description: "Whether sessions of it can be imported from CSV." })
  supportsCsv!: boolean;

  @Field(() => [String], { description: "What its URLs begin with, such as `srt`; empty for types that take no URL." })
  urlSchemes!: readonly string[];

  @Field(() => Boolean, {
    description:
      "Whether an encoder that takes sessions now, of any region, can run it. While no encoder is online: whether encoders of this version have a way to, so that a session of it may be started and wait.",
  })
  isRunnable!: boolean;
}
