import { Arg, Ctx, Query, Resolver } from "type-graphql";
import { Cursor } from "../graphql/scalars.ts";
import type { RequestContext } from "../graphql/request.ts";
import { changeDigest, type ChangeDigest } from "./change-digest.ts";
import { ChangeDigestType } from "./change-digest.type.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";

@Resolver()
export class ChangeDigestResolver {
  @Query(() => ChangeDigestType, {
    description:
      "What happened since a cursor, one row for each session that changed: for whoever comes back after a sleep. Sessions without a change have no row, whatever their status.",
  })
  async changeDigest(
    @Arg("after", () => Cursor, { description: "Since when: any cursor of the change log." }) after: string,
    @Arg("filter", () => SessionFilterType, {
      nullable: true,
      description: "Which sessions: those that match as they were at the cursor or as they are now; null: all.",
    })
    filter: unknown,
    @Ctx() context: RequestContext,
  ): Promise<ChangeDigest> {
    return changeDigest(context, { after, filter: parseSessionFilter(filter) });
  }
}
