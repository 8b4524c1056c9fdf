// The limit: a bare server with one statement written by hand, which gives the text of the answer.
import fastify from "fastify";
import { ask, decodeCursor, openPool, order, tellPort } from "./serve.js";

const base = order.publicUrl.replaceAll("'", "''");

/**
 * $1 is the organization. What comes after a cursor is a statement of its own, so that the index finds it, and so is each size of a page: as a
 * parameter, PostgreSQL would take it for a tenth of all rows, and plan anew for every request.
 */
const page = (/** @type {number} */ size, /** @type {string} */ condition) => `
  with page as materialized (
    select id, name, status, health, status_reason, input_type, url_a, url_b, active_path, open_alert_count, name_order,
      row_number() over (order by name_order, id) as place
    from sessions where organization_id = $1 ${condition}
    order by name_order, id limit ${size + 1}
  ), shown as (
    select * from page where place <= ${size}
  )
  select '{"data":{"sessions":{"nodes":' || coalesce((
    select json_agg(node)::text from (
      select s.id, s.name, s.status, s.health, s.status_reason as "statusReason", s.open_alert_count as "openAlertCount",
        (select row_to_json(source) from (
          select s.input_type as type, s.url_a as "urlA", s.url_b as "urlB", s.active_path as "activePath") source) as source,
        (select row_to_json(alert) from (
          select a.id, a.code, a.severity, a.message, a.count from alerts a where a.session_id = s.id and a.ended_at is null
          order by a.severity = 'ERROR' desc, a.id desc limit 1) alert) as "topAlert",
        coalesce((select json_agg(playback) from (
          select p.id, p.name, p.type, p.status, p.urls,
            case when p.hls_enabled then '${base}/live/' || p.path_token || '/index.m3u8' end as "hlsUrl",
            case when p.dash_enabled then '${base}/live/' || p.path_token || '/manifest.mpd' end as "dashUrl",
            (select row_to_json(template) from (select t.id, t.name) template) as template
          from playbacks p join templates t on t.id = p.template_id where p.session_id = s.id order by p.position) playback), '[]') as playbacks
      from shown s order by s.place) node), '[]')
    || ',"pageInfo":{"hasNextPage":' || (select count(*) > ${size} from page)::text || ',"endCursor":' || coalesce((
      select '"' || rtrim(translate(encode(convert_to('["NAME:ASC",' || to_json(name_order) || ',"' || id || '"]', 'UTF8'), 'base64'), E'+/\\n', '-_'), '=') || '"'
      from shown order by place desc limit 1), 'null') || '}}}}' as text`;
/** @type {Map<number, { first: string, later: string }>} */
const statements = new Map();

function statementsOf(/** @type {number} */ size) {
  const known = statements.get(size) ?? { first: page(size, ""), later: page(size, "and (name_order, id) > ($2, $3)") };
  statements.set(size, known);
  return known;
}

const pool = openPool();
const server = fastify();
server.post("/graphql", async (request, reply) => {
  const { first, after } = /** @type {{ variables: { first: number, after?: string } }} */ (request.body).variables;
  const place = decodeCursor(after);
  const { first: firstPage, later } = statementsOf(first);
  const [row] =
    place === null
      ? await ask(pool, firstPage, [order.organizationId])
      : await ask(pool, later, [order.organizationId, place.key, place.id]);
  return reply.type("application/json; charset=utf-8").send(row?.["text"]);
});
await server.listen({ host: "127.0.0.1", port: 0 });
tellPort(server.addresses()[0]?.port ?? 0);
