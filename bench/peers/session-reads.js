// What resolvers of a usual server ask for: one statement for each list and each loader, with the columns that the schema shows.
import { ask, decodeCursor, encodeCursor, openPool, order } from "./serve.js";

/** The part of our schema that the page asks for. */
export const SCHEMA = `
  enum SessionStatus { STOPPED STARTING WAITING RUNNING STOPPING FAILED }
  enum Health { OK WARNING ERROR }
  enum AlertSeverity { WARNING ERROR }
  enum InputPath { A B }
  type Query { sessions(first: Int, after: String): SessionConnection! }
  type SessionConnection { nodes: [Session!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Session {
    id: ID! name: String! status: SessionStatus! health: Health! statusReason: String openAlertCount: Int!
    source: SessionSource! topAlert: Alert playbacks: [Playback!]!
  }
  type SessionSource { type: String! urlA: String urlB: String activePath: InputPath! }
  type Alert { id: ID! code: String! severity: AlertSeverity! message: String! count: Int! }
  type Playback {
    id: ID! name: String! type: String! status: SessionStatus! urls: [String!]! hlsUrl: String dashUrl: String template: Template!
  }
  type Template { id: ID! name: String! }`;

const PAGE = (/** @type {string} */ condition) => `
  select id, name, status, health, status_reason as "statusReason", open_alert_count as "openAlertCount", name_order as "nameOrder",
    input_type, url_a, url_b, active_path
  from sessions where organization_id = $1 ${condition} order by name_order, id limit $2`;
const FIRST_PAGE = PAGE("");
const LATER_PAGE = PAGE("and (name_order, id) > ($3, $4)");
const PLAYBACKS = `
  select session_id, id, name, type, status, urls, template_id, path_token, hls_enabled, dash_enabled
  from playbacks where session_id = any(string_to_array($1, ',')) order by session_id, position`;
const TOP_ALERTS = `
  select distinct on (session_id) session_id, id, code, severity, message, count
  from alerts where session_id = any(string_to_array($1, ',')) and ended_at is null order by session_id, severity = 'ERROR' desc, id desc`;
const TEMPLATES = `select id, name from templates where id = any(string_to_array($1, ','))`;

const pool = openPool();

/** @param {{ first: number, after?: string | null }} given */
export async function readPage({ first, after }) {
  const place = decodeCursor(after);
  const rows =
    place === null
      ? await ask(pool, FIRST_PAGE, [order.organizationId, first + 1])
      : await ask(pool, LATER_PAGE, [order.organizationId, first + 1, place.key, place.id]);
  const nodes = rows.slice(0, first).map(({ input_type, url_a, url_b, active_path, ...session }) => ({
    ...session,
    source: { type: input_type, urlA: url_a, urlB: url_b, activePath: active_path },
  }));
  const last = /** @type {{ nameOrder: string, id: string } | undefined} */ (nodes.at(-1));
  return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: last ? encodeCursor(last.nameOrder, last.id) : null } };
}

/** @param {readonly string[]} sessionIds */
export async function readPlaybacks(sessionIds) {
  /** @type {Map<string, object[]>} */
  const found = new Map(sessionIds.map((id) => [id, []]));
  for (const row of await ask(pool, PLAYBACKS, [sessionIds.join(",")])) {
    const address = `${order.publicUrl}/live/${row["path_token"]}`;
    const urls = {
      hlsUrl: row["hls_enabled"] ? `${address}/index.m3u8` : null,
      dashUrl: row["dash_enabled"] ? `${address}/manifest.mpd` : null,
    };
    found.get(row["session_id"])?.push(Object.assign(row, urls));
  }
  return sessionIds.map((id) => found.get(id) ?? []);
}

/** @param {readonly string[]} sessionIds */
export async function readTopAlerts(sessionIds) {
  const rows = await ask(pool, TOP_ALERTS, [sessionIds.join(",")]);
  const found = new Map(rows.map((row) => [row["session_id"], row]));
  return sessionIds.map((id) => found.get(id) ?? null);
}

/** @param {readonly string[]} ids */
export async function readTemplates(ids) {
  const rows = await ask(pool, TEMPLATES, [[...new Set(ids)].join(",")]);
  const found = new Map(rows.map((row) => [row["id"], row]));
  return ids.map((id) => found.get(id) ?? null);
}
