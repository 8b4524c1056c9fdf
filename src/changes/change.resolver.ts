import { Ctx, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { Cursor } from "../graphql/scalars.ts";
import type { RequestContext } from "../graphql/request.ts";
import { currentCursor } from "./cursor.ts";

@Resolver()
export class ChangeResolver {
  @Query(() => Cursor, {
    description: "The position in the change log now: query what you show, subscribe after this, and nothing is missed. Ask for it first.",
  })
  async changeCursor(@Ctx() context: RequestContext): Promise<string> {
    assertMayRead(context.actor, "read");
    return currentCursor(context.database.executor);
  }
}
