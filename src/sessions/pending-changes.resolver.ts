import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { pendingChangesLoader } from "./pending-changes.loader.ts";
import type { PendingChange } from "./pending-changes.rules.ts";
import { PendingChangeType } from "./pending-changes.type.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionType } from "./session.type.ts";

@Resolver(() => SessionType)
export class PendingChangesResolver {
  @FieldResolver(() => [PendingChangeType], {
    description: "What was edited since it was started and waits for a restart; empty when nothing does, or it does not run.",
  })
  async pendingChanges(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<readonly PendingChange[]> {
    return (await loaders.of(pendingChangesLoader).load(session.id)) ?? [];
  }
}
