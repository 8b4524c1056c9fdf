import { and, eq, sql, type SQL } from "drizzle-orm";
import { placeAmong } from "../database/columns.ts";
import {
  keysetCondition,
  keysetLimit,
  keysetOrderBy,
  takePage,
  type KeysetOrder,
  type KeysetPage,
  type KeysetRows,
} from "../database/keyset.ts";
import { takePages, wantedOwners, type WantedPages } from "../database/owned-pages.ts";
import type { Executor } from "../database/database.ts";
import { playbacks } from "../playbacks/playback.table.ts";
import { isStaleUserOf } from "./pending-changes.store.ts";
import type { SessionFilter } from "./session.filter.ts";
import { sessionFilterCondition } from "./session.filter.store.ts";
import { Health, SessionOrder, SessionStatus } from "./session.rules.ts";
import type { SessionRow } from "./session.store.ts";
import { secrets } from "./secret.table.ts";
import { sessions } from "./session.table.ts";
import { HEALTH_URGENCY, STATUS_URGENCY } from "./session.urgency.rules.ts";
import { textList } from "../database/text-list.ts";

interface SessionOrderFacts {
  readonly key: SQL;
  readonly keyType: "text" | "timestamptz" | "bigint";
  readonly keyOf: (row: SessionRow) => string | number;
}

/** What each order sorts by, in SQL and for the cursors. */
export const SESSION_ORDERS: Readonly<Record<SessionOrder, SessionOrderFacts>> = {
  NAME: { key: sql`${sessions.nameOrder}`, keyType: "text", keyOf: (row) => row.nameOrder },
  CREATED_AT: { key: sql`${sessions.createdAt}`, keyType: "timestamptz", keyOf: (row) => row.createdAt.toISOString() },
  STATUS: { key: placeAmong(STATUS_URGENCY, sessions.status), keyType: "bigint", keyOf: (row) => STATUS_URGENCY.indexOf(row.status) + 1 },
  HEALTH: { key: placeAmong(HEALTH_URGENCY, sessions.health), keyType: "bigint", keyOf: (row) => HEALTH_URGENCY.indexOf(row.health) + 1 },
  STATUS_CHANGED_AT: {
    key: sql`${sessions.statusChangedAt}`,
    keyType: "timestamptz",
    keyOf: (row) => row.statusChangedAt.toISOString(),
  },
};

export interface SessionPageQuery {
  readonly organizationId: string;
  readonly filter: SessionFilter;
  readonly order: SessionOrder;
  readonly isDescending: boolean;
  readonly page: KeysetPage;
}

interface SessionPageClauses {
  readonly condition: SQL;
  readonly keyset: KeysetOrder;
  /** Instead of the condition, what finds the rows of the page, where not the whole list is read in its order. */
  readonly pageCondition: SQL | undefined;
}

/** Which sessions a page is of, and in which order. */
export function sessionPageClauses({ organizationId, filter, order, isDescending, page }: SessionPageQuery): SessionPageClauses {
  const { key, keyType } = SESSION_ORDERS[order];
  const { templateId, ...others } = filter;
  const isOfTemplateAlone = Object.values(others).every((value) => value === null || value === undefined);
  return {
    condition: sessionFilterCondition(organizationId, filter),
    keyset: { key, keyType, id: sessions.id, isDescending },
    pageCondition:
      order === SessionOrder.NAME && typeof templateId === "string"
        ? isOnTemplatePage(sql`${templateId}`, {
            organizationId,
            // With nothing else asked for, playbacks tell it all: a join would read a session for each, to find what always holds.
            condition: isOfTemplateAlone ? undefined : sessionFilterCondition(organizationId, others),
            isDescending,
            page,
          })
        : undefined,
  };
}

interface TemplatePage {
  readonly organizationId: string;
  /** On `sessions`. */
  readonly condition: SQL | undefined;
  readonly isDescending: boolean;
  readonly page: KeysetPage;
}

/**
 * Whether a session is on a page by name of those that use a template and meet a condition. Playbacks know the names of their sessions in
 * their order, so that the page is read and no more: PostgreSQL by itself would look through the names, or sort all of the template's.
 */
function isOnTemplatePage(templateId: SQL, { organizationId, condition, isDescending, page }: TemplatePage): SQL {
  const order: KeysetOrder = { key: playbacks.sessionNameOrder, id: playbacks.sessionId, isDescending };
  const { key, id } = order;
  const isOwn = sql`exists (select from templates t where t.id = ${templateId} and t.organization_id = ${organizationId})`;
  return sql`${sessions.id} = any(array(
    select distinct on (${key}, ${id}) ${id} from ${playbacks} ${condition && sql`join ${sessions} on ${sessions.id} = ${id}`}
    where ${and(sql`${playbacks.templateId} = ${templateId}`, isOwn, condition, keysetCondition(order, page))}
    order by ${keysetOrderBy(order, page)} limit ${keysetLimit(page)}))`;
}

/** One page of sessions, by keyset: page 200 costs what page 1 does. */
export async function pageSessions(executor: Executor, query: SessionPageQuery): Promise<KeysetRows<SessionRow>> {
  const { condition, keyset, pageCondition } = sessionPageClauses(query);
  const rows = await executor
    .select()
    .from(sessions)
    .where(and(pageCondition ?? condition, keysetCondition(keyset, query.page)))
    .orderBy(keysetOrderBy(keyset, query.page))
    .limit(keysetLimit(query.page));
  return takePage(rows, query.page);
}

export async function countSessions(executor: Executor, organizationId: string, filter: SessionFilter): Promise<number> {
  return executor.$count(sessions, sessionFilterCondition(organizationId, filter));
}

export async function findSessions(executor: Executor, organizationId: string, ids: readonly string[]): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(and(eq(sessions.organizationId, organizationId), sql`${sessions.id} = any(${textList(ids)})`));
}

export interface TemplateSessionsQuery {
  readonly organizationId: string;
  /** Only those that still run on an older version of the template, or only the others; null: all. */
  readonly stale: boolean | null;
}

/** For each template one page of the sessions that use it, by name: all templates in one statement. */
export async function pageSessionsOfTemplates(
  executor: Executor,
  { organizationId, stale, ...wantedPages }: TemplateSessionsQuery & WantedPages,
): Promise<ReadonlyMap<string, KeysetRows<SessionRow>>> {
  const order: KeysetOrder = { key: sessions.nameOrder, id: sessions.id, isDescending: false };
  const { ownerIds, page } = wantedPages;
  const wanted = wantedOwners(executor, ownerIds);
  const found = executor
    .select()
    .from(sessions)
    .where(
      isOnTemplatePage(sql`${wanted.ownerId}`, {
        organizationId,
        condition: stale === null ? undefined : sql`${isStaleUserOf(sql`sessions`, sql`${wanted.ownerId}`)} = ${stale}`,
        isDescending: order.isDescending,
        page,
      }),
    )
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(wantedPages, rows);
}

/** How many sessions use each of the templates, by the same rule. */
export async function countSessionsOfTemplates(
  executor: Executor,
  { templateIds, stale }: { readonly templateIds: readonly string[] } & Pick<TemplateSessionsQuery, "stale">,
): Promise<ReadonlyMap<string, number>> {
  const isMeant = stale === null ? sql`true` : sql`${isStaleUserOf(sql`s`, sql`used.template_id`)} = ${stale}`;
  const rows = await executor.execute<{ id: string; count: number }>(sql`
    select used.template_id as id, count(distinct used.session_id)::integer as count
    from playbacks used join sessions s on s.id = used.session_id
    where used.template_id = any(${textList(templateIds)}) and ${isMeant}
    group by used.template_id`);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

export type SessionSummary = Awaited<ReturnType<typeof summarizeSessions>>;

/** Counters by status and health over the sessions that a filter means. */
export async function summarizeSessions(executor: Executor, organizationId: string, filter: SessionFilter) {
  const rows = await executor
    .select({
      status: sessions.status,
      health: sessions.health,
      count: sql<number>`count(*)::integer`,
      openAlerts: sql<number>`sum(${sessions.openAlertCount})::integer`,
    })
    .from(sessions)
    .where(sessionFilterCondition(organizationId, filter))
    .groupBy(sessions.status, sessions.health);
  const sum = (matching: typeof rows) => matching.reduce((total, row) => total + row.count, 0);
  return {
    total: sum(rows),
    byStatus: Object.values(SessionStatus).map((status) => ({ status, count: sum(rows.filter((row) => row.status === status)) })),
    byHealth: Object.values(Health).map((health) => ({ health, count: sum(rows.filter((row) => row.health === health)) })),
    openAlerts: rows.reduce((total, row) => total + row.openAlerts, 0),
  };
}

/** What may be shown of the secrets of sessions' inputs. */
export async function listSourceSecrets(executor: Executor, organizationId: string, sessionIds: readonly string[]) {
  return selectSecrets(executor, organizationId, sql`${secrets.sessionId} = any(${textList(sessionIds)})`);
}

/** What may be shown of secrets by their ids. */
export async function findSecrets(executor: Executor, organizationId: string, ids: readonly string[]) {
  return selectSecrets(executor, organizationId, sql`${secrets.id} = any(${textList(ids)})`);
}

function selectSecrets(executor: Executor, organizationId: string, isMeant: SQL) {
  const { id, sessionId, kind, position, isGenerated, rotatedAt } = secrets;
  return executor
    .select({ id, sessionId, kind, position, isGenerated, rotatedAt })
    .from(secrets)
    .innerJoin(sessions, eq(sessions.id, secrets.sessionId))
    .where(and(eq(sessions.organizationId, organizationId), isMeant));
}
