import { Field, ObjectType } from "type-graphql";

@ObjectType("PendingChange", {
  description: "Something that was edited while the session runs and takes effect when it is restarted.",
  simpleResolvers: true,
})
export class PendingChangeType {
  @Field(() => [String], {
    description:
      'Where in the session, such as ["playbacks", "0", "template", "renditions", "1", "videoBitrateKbps"]; places count from 0.',
  })
  path!: readonly string[];

  @Field(() => String, { nullable: true, description: "What runs now, as text; null when it is not there." })
  before!: string | null;

  @Field(() => String, { nullable: true, description: "What will run after a restart, as text; null when it will not be there." })
  after!: string | null;
}
