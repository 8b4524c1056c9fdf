import { and, asc, eq, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { groupBy } from "../shared/group-by.ts";
import { Verb } from "../sessions/session.rules.ts";
import { alerts } from "./alert.table.ts";
import type { AlertRecord } from "./reconcile-alerts.rules.ts";

/**
 * The alerts of sessions that anything can still become of: the open ones, and those cleared that are counted on. Whoever decides by
 * them has locked the sessions by a statement before.
 */
export async function readKnownAlerts(
  executor: Executor,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly AlertRecord[]>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await executor
    .select({ sessionId: alerts.sessionId, ...RECORD_COLUMNS })
    .from(alerts)
    .where(and(sql`${alerts.sessionId} = any(${textList(sessionIds)})`, sql`(${alerts.endedAt} is null or ${alerts.occurrences} > 0)`))
    .orderBy(asc(alerts.id));
  return groupBy(rows, (row) => row.sessionId ?? "");
}

const RECORD_COLUMNS = {
  id: alerts.id,
  subjectId: alerts.subjectId,
  code: alerts.code,
  severity: alerts.severity,
  message: alerts.message,
  count: alerts.count,
  firstSeenAt: alerts.firstSeenAt,
  lastSeenAt: alerts.lastSeenAt,
  isActive: alerts.isActive,
  occurrences: alerts.occurrences,
  acknowledgedAt: alerts.acknowledgedAt,
  acknowledgedBy: alerts.acknowledgedBy,
  snoozedUntil: alerts.snoozedUntil,
  note: alerts.note,
  endedAt: alerts.endedAt,
  endReason: alerts.endReason,
  clearedBy: alerts.clearedBy,
} as const satisfies Record<keyof AlertRecord, unknown>;

/** Which sessions of the organization these alerts are about, by the alert's id; alerts that are not there are left out. */
export async function findAlertSessions(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await executor
    .select({ id: alerts.id, sessionId: alerts.sessionId })
    .from(alerts)
    .where(and(eq(alerts.organizationId, organizationId), sql`${alerts.id} = any(${textList(ids)})`));
  return new Map(rows.map((row) => [row.id, row.sessionId]));
}

/** An alert as it is to be written. */
export type AlertWrite = AlertRecord & {
  readonly organizationId: string;
  readonly sessionId: string;
  readonly sessionName: string;
};

/** Names and types of what is written, as the JSON of an `AlertWrite` has them. */
const WRITTEN = sql`(
  id text, "organizationId" text, "sessionId" text, "sessionName" text, "subjectId" text, code text, severity text, message text,
  count integer, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz, "isActive" boolean, occurrences integer,
  "acknowledgedAt" timestamptz, "acknowledgedBy" text, "snoozedUntil" timestamptz, note text,
  "endedAt" timestamptz, "endReason" text, "clearedBy" text)`;

/** Writes new alerts of sessions whose rows this transaction has locked. */
export async function insertAlerts(transaction: Transaction, writes: readonly AlertWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await transaction.execute(sql`
    insert into alerts (
      id, organization_id, session_id, session_name, subject_id, code, severity, message, count, first_seen_at, last_seen_at,
      is_active, occurrences, ended_at, end_reason, cleared_by)
    select id, "organizationId", "sessionId", "sessionName", "subjectId", code, severity, message, count, "firstSeenAt", "lastSeenAt",
      "isActive", occurrences, "endedAt", "endReason", "clearedBy"
    from jsonb_to_recordset(${JSON.stringify(writes)}::text::jsonb) as w ${WRITTEN}`);
}

/** Writes what became of alerts of sessions whose rows this transaction has locked. */
export async function updateAlerts(transaction: Transaction, writes: readonly AlertWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await transaction.execute(sql`
    update alerts a set
      severity = w.severity, message = w.message, count = w.count, last_seen_at = w."lastSeenAt", is_active = w."isActive",
      occurrences = w.occurrences, acknowledged_at = w."acknowledgedAt", acknowledged_by = w."acknowledgedBy",
      snoozed_until = w."snoozedUntil", note = w.note, ended_at = w."endedAt", end_reason = w."endReason", cleared_by = w."clearedBy"
    from jsonb_to_recordset(${JSON.stringify(writes)}::text::jsonb) as w ${WRITTEN}
    where a.id = w.id`);
}

/** Counts the open alerts of sessions anew, whose rows this transaction has locked. */
export async function countOpenAlerts(transaction: Transaction, sessionIds: readonly string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  await transaction.execute(sql`
    update sessions s set
      open_alert_count = (select count(*)::integer from alerts a where a.session_id = s.id and a.ended_at is null)
    where s.id = any(${textList(sessionIds)})`);
}

/** Notes that the alerts of sessions were cleared, whose rows this transaction has locked: their last command. */
export async function markAlertsCleared(
  transaction: Transaction,
  sessionIds: readonly string[],
  command: { readonly at: Date; readonly actor: string },
): Promise<void> {
  await transaction.execute(sql`
    update sessions set
      last_command_verb = ${Verb.CLEAR_ALERTS}, last_command_actor = ${command.actor},
      last_command_at = ${command.at.toISOString()}::timestamptz
    where id = any(${textList(sessionIds)})`);
}
