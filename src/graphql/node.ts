import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from "type-graphql";
import { identifierKind, type IdentifierKind } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { LoaderDefinition } from "./loaders.ts";
import type { RequestContext } from "./request.ts";

/** Most ids of one `nodes`. */
const NODES_LIMIT = 100;

/** What can be asked for by its id alone, and how it is read. The values read carry their `id`. */
export interface NodeDefinition {
  readonly kind: IdentifierKind;
  readonly loader: LoaderDefinition<object>;
}

/** Which GraphQL type an identifier's kind is, for the kinds that are nodes. */
const NODE_TYPE_NAMES: Partial<Readonly<Record<IdentifierKind, string>>> = {
  organization: "Organization",
  apikey: "ApiKey",
  template: "Template",
  session: "Session",
  playback: "Playback",
  process: "Process",
  asset: "Asset",
  secret: "Secret",
  encoder: "Encoder",
  event: "Event",
  question: "Question",
  chatmessage: "ChatMessage",
  scheduledaction: "ScheduledAction",
  alert: "Alert",
  run: "Run",
  auditentry: "AuditEntry",
  inputswitch: "InputSwitch",
  webhook: "Webhook",
  webhookdelivery: "WebhookDelivery",
};

function nodeTypeName(value: { readonly id: string }): string | undefined {
  const kind = identifierKind(value.id);
  return kind === null ? undefined : NODE_TYPE_NAMES[kind];
}

@InterfaceType("Node", {
  description: "Anything with an identifier of its own: it can be asked for by that alone, and a client's cache knows it by that.",
  resolveType: nodeTypeName,
})
export abstract class Node {
  @Field(() => ID, { description: "The object's identifier, for good: never given to another object, whatever its kind." })
  id!: string;
}

/** Finds any object by its id; null where `node` is. */
export type LoadNode = (context: RequestContext, id: string) => Promise<object | null>;

export function createNodeLoad(definitions: readonly NodeDefinition[]): LoadNode {
  const byKind = new Map(definitions.map((definition) => [definition.kind, definition]));
  return async (context, id) => {
    const kind = identifierKind(id);
    const definition = kind && byKind.get(kind);
    return definition ? await context.loaders.of(definition.loader).load(id) : null;
  };
}

/** The `node` and `nodes` queries over what features told of themselves. */
export function createNodeResolver(load: LoadNode): Function {
  @Resolver()
  class NodeResolver {
    @Query(() => Node, {
      nullable: true,
      description: "Any object by its id; null when there is none, it was deleted, or it belongs to another organization.",
    })
    async node(
      @Arg("id", () => ID, { description: "The object's id." }) id: string,
      @Ctx() context: RequestContext,
    ): Promise<object | null> {
      return load(context, id);
    }

    @Query(() => [Node], {
      nullable: "items",
      description: "Several objects by their ids, in the order of the ids, each null where `node` would be.",
    })
    async nodes(
      @Arg("ids", () => [ID], { description: "The objects' ids, at most 100." }) ids: readonly string[],
      @Ctx() context: RequestContext,
    ): Promise<(object | null)[]> {
      if (ids.length > NODES_LIMIT) throw new Fault(FaultCode.BAD_USER_INPUT, `\`nodes\` takes at most ${NODES_LIMIT} ids.`);
      return Promise.all(ids.map((id) => load(context, id)));
    }
  }
  return NodeResolver;
}
