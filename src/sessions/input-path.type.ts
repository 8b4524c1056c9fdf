import { Field, Float, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { DateTime } from "../graphql/scalars.ts";
import { InputPath, SwitchReason } from "./session.rules.ts";

@ObjectType("InputPathStatus", {
  description: "What one path of an input is seen to do now, at most 5 seconds old.",
  simpleResolvers: true,
})
export class InputPathStatusType {
  @Field(() => Boolean, { description: "Whether a signal arrives on it; false while the session does not run." })
  isConnected!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: "When something last arrived; null when nothing did in this run, or it does not run.",
  })
  lastSeenAt!: string | null;

  @Field(() => Float, {
    nullable: true,
    description: "Percent of packets lost or damaged in the last 30 seconds, 0 to 100; null where that cannot be told.",
  })
  errorPercent!: number | null;

  @Field(() => Float, { nullable: true, description: "What arrives, in kbit/s; null while nothing does." })
  bitrateKbps!: number | null;
}

@ObjectType("InputSwitch", {
  implements: Node,
  description: "One switch of an input from one path to the other, as the encoder did it.",
  simpleResolvers: true,
})
export class InputSwitchType extends Node {
  @Field(() => DateTime, { description: "When it was done." })
  at!: Date;

  @Field(() => InputPath, { description: "The path that the signal was taken from before." })
  fromPath!: InputPath;

  @Field(() => InputPath, { description: "The path that it was taken from then on." })
  toPath!: InputPath;

  @Field(() => SwitchReason, { description: "Why it was done." })
  reason!: SwitchReason;

  @Field(() => String, { nullable: true, description: "Who asked for it, such as `key:Playout`; null unless it was asked for." })
  actor!: string | null;
}

export const InputSwitchConnection = connectionType("InputSwitch", () => InputSwitchType);
