import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection } from "../graphql/connection.ts";
import { pageKey } from "../graphql/page-loader.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { required } from "../shared/assert.ts";
import { parseSessionPage } from "./session-page.ts";
import type { SessionFilter } from "./session.filter.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";
import { sessionLoader, staleVariant, templateCountKey, templateSessionCountLoader, templateSessionsLoader } from "./session.loaders.ts";
import { countSessions, pageSessions, SESSION_ORDERS, summarizeSessions } from "./session.reads.ts";
import { SessionOrder, SortDirection } from "./session.rules.ts";
import type { SessionRow } from "./session.store.ts";
import type { StoredTemplate } from "../templates/template.store.ts";
import { TemplateType } from "../templates/template.type.ts";
import { SessionConnection, SessionSummaryType, SessionType } from "./session.type.ts";

@ArgsType()
class SessionsArguments extends PagingArguments {
  @Field(() => SessionFilterType, { nullable: true, description: "Which sessions; null: all." })
  filter?: SessionFilter | null;

  @Field(() => SessionOrder, { nullable: true, defaultValue: SessionOrder.NAME, description: "How the list is ordered." })
  orderBy?: SessionOrder | null;

  @Field(() => SortDirection, { nullable: true, defaultValue: SortDirection.ASC, description: "Which end of the order comes first." })
  direction?: SortDirection | null;
}

@Resolver()
export class SessionQueryResolver {
  @Query(() => SessionType, {
    nullable: true,
    description: "One session; null when there is none with this id in your organization.",
  })
  async session(
    @Arg("id", () => ID, { description: "The session's id." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<object | null> {
    return context.loaders.of(sessionLoader).load(id);
  }

  @Query(() => SessionConnection, { description: "A page of sessions, in both directions, filtered and ordered." })
  async sessions(@Args(() => SessionsArguments) given: SessionsArguments, @Ctx() context: RequestContext): Promise<Connection<SessionRow>> {
    const { organizationId } = context.actor;
    const { query, order } = parseSessionPage(given, organizationId);
    const page = await pageSessions(context.database.executor, query);
    return toConnection({
      page,
      order,
      position: (row) => ({ key: SESSION_ORDERS[query.order].keyOf(row), id: row.id }),
      present: (row) => row,
      totalCount: () => countSessions(context.database.executor, organizationId, query.filter),
    });
  }

  @Query(() => SessionSummaryType, { description: "Counters over the sessions that a filter means." })
  async sessionSummary(
    @Arg("filter", () => SessionFilterType, { nullable: true, description: "Which sessions; null: all." }) filter: SessionFilter | null,
    @Ctx() context: RequestContext,
  ): Promise<SessionSummaryType> {
    return summarizeSessions(context.database.executor, context.actor.organizationId, parseSessionFilter(filter));
  }
}

@Resolver(() => TemplateType)
export class TemplateSessionsResolver {
  @FieldResolver(() => SessionConnection, { description: "Sessions with a playback that uses the template, by name." })
  async sessions(
    @Root() template: StoredTemplate,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Arg("stale", () => Boolean, {
      nullable: true,
      description: "Only those that run on an older version of the ladder, or (false) only the others; null: all.",
    })
    stale: boolean | null,
    @Ctx() context: RequestContext,
  ): Promise<Connection<SessionRow>> {
    const variant = staleVariant(stale);
    const order = { name: `${SessionOrder.NAME}:${SortDirection.ASC}`, keyType: SESSION_ORDERS.NAME.keyType };
    const key = pageKey(template.id, parsePage({ first, after }, order), variant);
    return toConnection({
      page: required(await context.loaders.of(templateSessionsLoader).load(key), "sessions of a template"),
      order,
      position: (row) => ({ key: SESSION_ORDERS.NAME.keyOf(row), id: row.id }),
      present: (row) => row,
      totalCount: async () => (await context.loaders.of(templateSessionCountLoader).load(templateCountKey(template.id, variant))) ?? 0,
    });
  }
}
