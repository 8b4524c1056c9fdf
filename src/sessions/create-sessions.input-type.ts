import { Field, InputType as GraphInput } from "type-graphql";
import { CreateSessionInputType, IDEMPOTENCY_KEY } from "./session.input-type.ts";
import { ImportMode } from "./session.rules.ts";

@GraphInput("CreateSessionsInput", {
  description: "Several sessions to create or, with UPSERT, to edit where they are there: all or none, at most 1,000.",
})
export class CreateSessionsInputType {
  @Field(() => [CreateSessionInputType], { description: "The sessions; idempotency keys of single ones are not looked at." })
  sessions!: readonly CreateSessionInputType[];

  @Field(() => ImportMode, {
    nullable: true,
    defaultValue: ImportMode.CREATE,
    description: "What to do with sessions that are there already.",
  })
  mode?: ImportMode | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Check everything, say what would become of each, and write nothing.",
  })
  dryRun?: boolean | null;

  @Field(() => String, { nullable: true, description: IDEMPOTENCY_KEY })
  idempotencyKey?: string | null;
}
