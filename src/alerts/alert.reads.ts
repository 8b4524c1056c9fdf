import { and, desc, eq, getColumns, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { readStatePage, type StatePage, type StatePageQuery } from "../changes/state-page.store.ts";
import type { Executor } from "../database/database.ts";
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
import { textList } from "../database/text-list.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { sessionFilterCondition } from "../sessions/session.filter.store.ts";
import { sessionStateJson } from "../sessions/session.state.ts";
import { sessions } from "../sessions/session.table.ts";
import { MOMENTARY_CODES, type AlertCode, type AlertSeverity } from "./alert.rules.ts";
import type { AlertState } from "./alert.state.ts";
import { alerts } from "./alert.table.ts";

/** An alert as it is shown. */
export type AlertRow = typeof alerts.$inferSelect;

/**
 * Encoders tell what differs and nothing else: a cause that holds was last seen when its session was, so that no row has to be
 * written just to say so.
 */
const lastSeenAt = sql<Date>`case
  when ${alerts.endedAt} is null and ${alerts.isActive} and ${alerts.code} <> all(${textList(MOMENTARY_CODES)})
  then greatest(${alerts.lastSeenAt}, ${sessions.lastSeenAt}) else ${alerts.lastSeenAt} end`
  .mapWith(alerts.lastSeenAt)
  .as("shown_last_seen_at");

const NEWEST_FIRST: KeysetOrder = { key: alerts.id, id: alerts.id, isDescending: true };

function selectAlerts(executor: Executor) {
  return executor
    .select({ ...getColumns(alerts), lastSeenAt })
    .from(alerts)
    .leftJoin(sessions, eq(sessions.id, alerts.sessionId));
}

/** Which alerts are meant; null says nothing, and all that is said must hold. */
export interface AlertQuery {
  readonly organizationId: string;
  readonly open: boolean | null;
  readonly severity: AlertSeverity | null;
  readonly codes: readonly AlertCode[] | null;
  /** Alerts of sessions that this means; those of sessions that are gone belong to none. */
  readonly sessions: SessionFilter | null;
  readonly eventId: string | null;
}

export async function findAlerts(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly AlertRow[]> {
  return selectAlerts(executor).where(and(eq(alerts.organizationId, organizationId), sql`${alerts.id} = any(${textList(ids)})`));
}

/** Which alerts a page is of, and in which order. */
export function alertPageClauses(query: AlertQuery): { readonly condition: SQL | undefined; readonly keyset: KeysetOrder } {
  return { condition: isMeant(query), keyset: NEWEST_FIRST };
}

/** The same for the alerts of one session; `sessionId` is its id in SQL. */
export function sessionAlertsClauses({ organizationId, open }: SessionAlertsQuery, sessionId: SQL): ReturnType<typeof alertPageClauses> {
  return {
    condition: and(eq(alerts.organizationId, organizationId), sql`${alerts.sessionId} = ${sessionId}`, isOpenOrNot(open)),
    keyset: NEWEST_FIRST,
  };
}

/** One page of alerts, newest first. */
export async function pageAlerts(executor: Executor, query: AlertQuery, page: KeysetPage): Promise<KeysetRows<AlertRow>> {
  const rows = await selectAlerts(executor)
    .where(and(isMeant(query), keysetCondition(NEWEST_FIRST, page)))
    .orderBy(keysetOrderBy(NEWEST_FIRST, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countAlerts(executor: Executor, query: AlertQuery): Promise<number> {
  return executor.$count(alerts, isMeant(query));
}

function isMeant({ organizationId, open, severity, codes, sessions: filter, eventId }: AlertQuery): SQL | undefined {
  return and(
    eq(alerts.organizationId, organizationId),
    isOpenOrNot(open),
    severity === null ? undefined : eq(alerts.severity, severity),
    codes === null ? undefined : sql`${alerts.code} = any(${textList(codes)})`,
    filter === null
      ? undefined
      : sql`${alerts.sessionId} in (select ${sessions.id} from ${sessions} where ${sessionFilterCondition(organizationId, filter)})`,
    eventId === null ? undefined : eq(alerts.subjectId, eventId),
  );
}

function isOpenOrNot(open: boolean | null): SQL | undefined {
  if (open === null) return undefined;
  return open ? isNull(alerts.endedAt) : isNotNull(alerts.endedAt);
}

/** Of each of the sessions, the most severe open alert, and of several the newest. */
export async function findTopAlerts(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<readonly AlertRow[]> {
  return executor
    .selectDistinctOn([alerts.sessionId], { ...getColumns(alerts), lastSeenAt })
    .from(alerts)
    .leftJoin(sessions, eq(sessions.id, alerts.sessionId))
    .where(and(eq(alerts.organizationId, organizationId), isOneOf(sessionIds), isNull(alerts.endedAt)))
    .orderBy(alerts.sessionId, desc(sql`${alerts.severity} = 'ERROR'`), desc(alerts.id));
}

export interface SessionAlertsQuery {
  readonly organizationId: string;
  readonly open: boolean | null;
}

/** For each session one page of its alerts, newest first: all sessions in one statement. */
export async function pageAlertsOfSessions(
  executor: Executor,
  { organizationId, open, ...wantedPages }: SessionAlertsQuery & WantedPages,
): Promise<ReadonlyMap<string, KeysetRows<AlertRow>>> {
  const { ownerIds, page } = wantedPages;
  const wanted = wantedOwners(executor, ownerIds);
  const found = selectAlerts(executor)
    .where(and(sessionAlertsClauses({ organizationId, open }, sql`${wanted.ownerId}`).condition, keysetCondition(NEWEST_FIRST, page)))
    .orderBy(keysetOrderBy(NEWEST_FIRST, page))
    .limit(keysetLimit(page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(wantedPages, rows);
}

export async function countAlertsOfSessions(
  executor: Executor,
  { organizationId, sessionIds, open }: SessionAlertsQuery & { readonly sessionIds: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  const rows = await executor
    .select({ sessionId: alerts.sessionId, count: sql<number>`count(*)::integer` })
    .from(alerts)
    .where(and(eq(alerts.organizationId, organizationId), isOneOf(sessionIds), isOpenOrNot(open)))
    .groupBy(alerts.sessionId);
  return new Map(rows.flatMap((row) => (row.sessionId === null ? [] : [[row.sessionId, row.count]])));
}

function isOneOf(sessionIds: readonly string[]): SQL {
  return sql`${alerts.sessionId} = any(${textList(sessionIds)})`;
}

/** The states of an organization's open alerts by id, and the snapshot that the one statement saw them in. */
export async function readAlertStates(
  executor: Executor,
  { organizationId, afterId, limit }: StatePageQuery,
): Promise<StatePage<AlertState>> {
  return readStatePage(
    executor,
    sql`
      select a.id, jsonb_build_object(
        'subjectId', a.subject_id, 'code', a.code, 'severity', a.severity, 'count', a.count, 'isOpen', true,
        'snoozedUntil', a.snoozed_until, 'sessionId', a.session_id,
        'session', (select ${sessionStateJson} from sessions s where s.id = a.session_id)) as state
      from alerts a
      where a.organization_id = ${organizationId} and a.ended_at is null and a.id > ${afterId}
      order by a.id limit ${limit}
    `,
  );
}
