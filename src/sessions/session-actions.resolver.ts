import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { sessionActionsLoader, type SessionActions } from "./session-actions.loader.ts";
import { SessionActionsType } from "./session-actions.type.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionType } from "./session.type.ts";
import { required } from "../shared/assert.ts";

@Resolver(() => SessionType)
export class SessionActionsResolver {
  @FieldResolver(() => SessionActionsType, { description: "For each verb, whether it may be called now by this caller and, if not, why." })
  async actions(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<SessionActions & { readonly id: string }> {
    const actions = required(await loaders.of(sessionActionsLoader).load(session.id), "actions of a session");
    return { id: session.id.replace(/^session_/, "actions_"), ...actions };
  }
}
