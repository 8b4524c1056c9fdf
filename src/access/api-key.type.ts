import { Field, ID, InputType, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";
import { AccessLevel } from "./level.rules.ts";

registerEnumType(AccessLevel, {
  name: "AccessLevel",
  description: "What a credential may do. Each level includes the ones before it.",
  valuesConfig: {
    VIEWER: { description: "Reads everything but secrets and API keys." },
    OPERATOR: { description: "Also starts, stops and restarts sessions: for whoever runs a show." },
    EDITOR: { description: "Also creates, edits, deletes and imports sessions and templates, and exports their secrets." },
    ADMIN: { description: "Also manages API keys and webhooks, and reads the audit." },
  },
});

@ObjectType("ApiKey", {
  implements: Node,
  description: "A credential of the organization, for programs. The key itself is shown only when it is made.",
  simpleResolvers: true,
})
export class ApiKeyType extends Node {
  @Field(() => String, { description: "What it is for, as its maker named it; stands in logs and commands as key:NAME." })
  name!: string;

  @Field(() => AccessLevel, { description: "What it may do." })
  accessLevel!: AccessLevel;

  @Field(() => Boolean, {
    description: "Whether it may ask for the schema by introspection, and is told names that are near to a wrong one.",
  })
  canIntrospect!: boolean;

  @Field(() => String, { description: "The first ten characters of the key, by which its owner tells it from others." })
  prefix!: string;

  @Field(() => DateTime, { description: "When it was made." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it ends by itself; null when it does not." })
  expiresAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it was last used, to the minute; null when it never was." })
  lastUsedAt!: Date | null;
}

export const ApiKeyConnection = connectionType("ApiKey", () => ApiKeyType);

@InputType("CreateApiKeyInput", { description: "A new API key." })
export class CreateApiKeyInput {
  @Field(() => String, { description: "What it is for, 1 to 200 characters; need not be unique." })
  name!: string;

  @Field(() => AccessLevel, { description: "What it may do." })
  accessLevel!: AccessLevel;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description:
      "Whether it may ask for the schema by introspection, true when left out; false suits a key that is shipped with a finished program.",
  })
  canIntrospect?: boolean | null;

  @Field(() => DateTime, { nullable: true, description: "When it ends by itself, in the future; null or left out: it does not." })
  expiresAt?: Date | null;
}

@InputType("RevokeApiKeysInput", { description: "API keys to end, all or none." })
export class RevokeApiKeysInput {
  @Field(() => [ID], { description: "The keys' ids, 1 to 100." })
  ids!: readonly string[];
}

@ObjectType("ApiKeyPayload", { description: "The new API key.", simpleResolvers: true })
export class ApiKeyPayload {
  @Field(() => ApiKeyType, { nullable: true, description: "What is kept of the key; null when the mutation was refused." })
  apiKey!: ApiKeyType | null;

  @Field(() => String, { nullable: true, description: "The key itself: shown here and never again. Null when the mutation was refused." })
  key!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
