import { Field, InputType as GraphInput, Int } from "type-graphql";
import { IDEMPOTENCY_KEY, SessionSelectionType } from "./session.input-type.ts";
import { InputPath } from "./session.rules.ts";

@GraphInput("SessionBulkInput", { description: "One thing to do to many sessions." })
export class SessionBulkInputType {
  @Field(() => SessionSelectionType, { description: "Which sessions." })
  selection!: SessionSelectionType;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Tell what would happen to each, for a confirm dialog, and do nothing.",
  })
  dryRun?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: "How many sessions the dialog showed: when the selection now means another number, COUNT_CHANGED and nothing is done.",
  })
  expectedCount?: number | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}

@GraphInput("SwitchSessionInputsInput", { description: "Sessions whose input is to come from one of its paths." })
export class SwitchSessionInputsInputType extends SessionBulkInputType {
  @Field(() => InputPath, { description: "The path to switch to." })
  toPath!: InputPath;
}

@GraphInput("RestartSessionsInput", { description: "Sessions to restart, all at once or rolling." })
export class RestartSessionsInputType extends SessionBulkInputType {
  @Field(() => Int, { nullable: true, description: "Restart at most so many at a time, 1 to 1000; null: all at once." })
  maxConcurrent?: number | null;
}
