import { sql } from "drizzle-orm";
import {
  column,
  connection,
  isOwn,
  moment,
  momentText,
  quote,
  reference,
  value,
  type SqlField,
  type SqlFrom,
  type SqlSource,
  type SqlType,
} from "../graphql/sql-path/field-sql.ts";
import { NEWEST_FIRST, parseAlertPage, parseAlertPaging } from "./alert-page.ts";
import { alertPageClauses, sessionAlertsClauses } from "./alert.reads.ts";
import { ALERT_FACTS, MOMENTARY_CODES } from "./alert.rules.ts";

export const ALERT_COLUMNS: SqlType = {
  name: "Alert",
  fields: {
    id: column("id"),
    code: column("code"),
    severity: column("severity"),
    message: column("message"),
    count: column("count"),
    firstSeenAt: moment("first_seen_at"),
    lastSeenAt: value((alert) => momentText(lastSeenAt(alert))),
    endedAt: moment("ended_at"),
    endReason: column("end_reason"),
    clearedBy: column("cleared_by"),
    acknowledgedAt: moment("acknowledged_at"),
    acknowledgedBy: column("acknowledged_by"),
    snoozedUntil: moment("snoozed_until"),
    note: column("note"),
    sessionName: column("session_name"),
    recommendedAction: value(recommendedAction),
    session: reference("Session", "sessions", ({ parent, row, call }) => `${row}.id = ${parent}.session_id and ${isOwn(row, call)}`),
    playback: reference(
      "Playback",
      "playbacks",
      ({ parent, row, call }) => `${row}.id = ${parent}.subject_id and exists (
        select from sessions s where s.id = ${row}.session_id and ${isOwn("s", call)})`,
    ),
  },
};

export const ALERT_QUERIES: Readonly<Record<string, SqlField>> = {
  alerts: connection(
    "Alert",
    ({ call, args }) => {
      const { query, page, order } = parseAlertPage(args, call.organizationId);
      return { table: "alerts", order, page, ...alertPageClauses(query) };
    },
    ["first", "after", "open", "severity", "code", "sessions", "eventId"],
  ),
};

/** The alerts of a session, as a field of it. */
export const alertsOfSession: SqlField = connection(
  "Alert",
  ({ parent, call: { organizationId }, args: { open = null, ...paging } }) => {
    const clauses = sessionAlertsClauses({ organizationId, open: open as boolean | null }, sql.raw(`${parent}.id`));
    return { table: "alerts", order: NEWEST_FIRST, page: parseAlertPaging(paging), ...clauses };
  },
  ["first", "after", "open"],
);

/** The most severe open alert of a session, of several the newest. */
export function topAlertOf({ parent, row, call }: SqlSource): SqlFrom {
  return {
    rows: `alerts ${row}`,
    where: `${row}.session_id = ${parent}.id and ${isOwn(row, call)} and ${row}.ended_at is null and ${parent}.open_alert_count > 0`,
    order: `${row}.severity = 'ERROR' desc, ${row}.id desc limit 1`,
  };
}

/** The rule of `alert.reads.ts`: a cause that holds was last seen when its session was. */
function lastSeenAt(alert: string): string {
  const momentary = MOMENTARY_CODES.map(quote).join(", ");
  return `case when ${alert}.ended_at is null and ${alert}.is_active and ${alert}.code not in (${momentary})
    then greatest(${alert}.last_seen_at, (select s.last_seen_at from sessions s where s.id = ${alert}.session_id))
    else ${alert}.last_seen_at end`;
}

function recommendedAction(alert: string): string {
  const cases = Object.entries(ALERT_FACTS).map(([code, facts]) => `when ${quote(code)} then ${quote(facts.recommendedAction)}`);
  return `case ${alert}.code ${cases.join(" ")} end`;
}
