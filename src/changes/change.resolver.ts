import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, PAGE_SIZE_DEFAULT, pageSize, type Connection } from "../graphql/connection.ts";
import { Node, type LoadNode } from "../graphql/node.ts";
import { Cursor } from "../graphql/scalars.ts";
import type { RequestContext } from "../graphql/request.ts";
import { ChangeConnection, ChangeType } from "./change.type.ts";
import { currentCursor } from "./cursor.ts";
import { readChanges, type ToldChange } from "./read-changes.ts";

@Resolver()
export class ChangeResolver {
  @Query(() => Cursor, {
    description: "The position in the change log now: query what you show, subscribe after this, and nothing is missed. Ask for it first.",
  })
  async changeCursor(@Ctx() context: RequestContext): Promise<string> {
    assertMayRead(context.actor, "read");
    return currentCursor(context.database.executor, context.clock);
  }

  @Query(() => ChangeConnection, {
    description:
      "The change log itself, for integrations that poll: each object's changes in commit order, and none passed over. Its cursors are those of the subscriptions. Ask on with `after: pageInfo.endCursor`, also of an empty page, at once while hasNextPage; a page may be short or empty where others have many changes. After a cursor that is older than what is kept comes one item of kind log.lagged, then the oldest that are kept.",
  })
  async changes(
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => Cursor, { nullable: true, description: "Changes behind this position; null: from the oldest that is kept." })
    after: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ToldChange>> {
    assertMayRead(context.actor, "read");
    const limit = pageSize(first ?? PAGE_SIZE_DEFAULT, "first");
    const { changes, endCursor, hasMore, count } = await readChanges(context, { after: after ?? null, limit });
    return {
      edges: changes.map((change) => ({ cursor: change.cursor, node: change })),
      nodes: changes,
      pageInfo: {
        hasNextPage: hasMore,
        hasPreviousPage: Boolean(after),
        startCursor: changes[0]?.cursor ?? null,
        endCursor,
      },
      totalCount: count,
    };
  }
}

/** Finds the changed object, whatever it is. */
export function createChangeObjectResolver(load: LoadNode): Function {
  @Resolver(() => ChangeType)
  class ChangeObjectResolver {
    @FieldResolver(() => Node, {
      nullable: true,
      description: "The object as it is now, which may be later than this change; null once it is deleted.",
    })
    async object(@Root() change: ToldChange, @Ctx() context: RequestContext): Promise<object | null> {
      return load(context, change.objectId);
    }
  }
  return ChangeObjectResolver;
}
