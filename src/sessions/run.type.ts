import { Field, ObjectType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { DateTime } from "../graphql/scalars.ts";

@ObjectType("Run", {
  implements: Node,
  description: "One period of a session from a start to its end. It outlives the session.",
})
export class RunType extends Node {
  @Field(() => String, { description: "The session's name when it was started." })
  sessionName!: string;

  @Field(() => DateTime, { description: "When the start was asked for." })
  startedAt!: Date;

  @Field(() => String, { nullable: true, description: "Who asked for the start, such as `key:Playout`; null when nobody is known." })
  startedBy!: string | null;

  @Field(() => DateTime, { nullable: true, description: "When it had stopped, failed or was restarted; null while it goes on." })
  endedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Who asked for the end, from the moment of asking; null when nobody did." })
  stoppedBy!: string | null;

  @Field(() => String, { nullable: true, description: "Why it ended, in one sentence; null while it goes on." })
  endReason!: string | null;
}

export const RunConnection = connectionType("Run", () => RunType);
