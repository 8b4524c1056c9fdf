import { Field, ObjectType, registerEnumType } from "type-graphql";
import { AccessLevel } from "../access/level.rules.ts";
import { Node } from "../graphql/node.ts";
import { Package } from "./organization.rules.ts";

registerEnumType(Package, {
  name: "Package",
  description: "A feature that an organization was given by the operator of the installation.",
  valuesConfig: {
    LIVE_PROCESSING: { description: "Recordings, thumbnails, motion clips and replays of sessions." },
    EVENTS: { description: "Produced shows with test mode, backup ingest, questions and slides." },
  },
});

@ObjectType("Organization", {
  implements: Node,
  description: "The tenant: it owns everything that its callers see.",
  simpleResolvers: true,
})
export class OrganizationType extends Node {
  @Field(() => String, { description: "Name, unique in the installation." })
  name!: string;

  @Field(() => [Package], { description: "The features that it may use beyond sessions and templates; empty when there are none." })
  packages!: readonly Package[];
}

@ObjectType("Caller", { description: "Who this request comes from, as the gateway understood its credential.", simpleResolvers: true })
export class CallerType {
  @Field(() => OrganizationType, { description: "The organization that the credential belongs to." })
  organization!: OrganizationType;

  @Field(() => AccessLevel, { description: "What the caller may do." })
  accessLevel!: AccessLevel;

  @Field(() => String, { description: "How the caller is named in commands and logs, such as key:Playout." })
  actor!: string;

  @Field(() => Boolean, { description: "Whether the caller may ask for the schema by introspection." })
  canIntrospect!: boolean;
}
