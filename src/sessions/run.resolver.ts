import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { pageKey } from "../graphql/page-loader.ts";
import type { RequestContext } from "../graphql/request.ts";
import { required } from "../shared/assert.ts";
import { runCountLoader, runsOfSessionLoader } from "./run.loaders.ts";
import type { RunRow } from "./run.reads.ts";
import { RunConnection, RunType } from "./run.type.ts";
import { sessionLoader } from "./session.loaders.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionType } from "./session.type.ts";

const NEWEST_FIRST: ListOrder = { name: "RUN:DESC", keyType: "bigint" };

@Resolver(() => SessionType)
export class SessionRunsResolver {
  @FieldResolver(() => RunConnection, { description: "Its periods from a start to a stop, the newest first." })
  async runs(
    @Root() session: SessionRow,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<RunRow>> {
    const key = pageKey(session.id, parsePage({ first, after }, NEWEST_FIRST));
    return toConnection({
      page: required(await loaders.of(runsOfSessionLoader).load(key), "runs of a session"),
      order: NEWEST_FIRST,
      position: (row) => ({ key: row.generation, id: row.id }),
      present: (row) => row,
      totalCount: async () => (await loaders.of(runCountLoader).load(session.id)) ?? 0,
    });
  }
}

@Resolver(() => RunType)
export class RunResolver {
  @FieldResolver(() => SessionType, { nullable: true, description: "The session that ran; null once it is deleted." })
  async session(@Root() run: RunRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return run.sessionId === null ? null : loaders.of(sessionLoader).load(run.sessionId);
  }
}
