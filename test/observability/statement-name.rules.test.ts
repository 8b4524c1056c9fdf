import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStatementNames, statementName } from "../../src/observability/statement-name.rules.ts";
import { CreateSessionDocument, SessionChangesDocument, SessionsDocument } from "../generated/documents.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

it.each([
  ["select 1", "select"],
  [`select "id" from "sessions" where "id" = $1`, "select sessions"],
  ["select id from sessions where id = any($1) order by id for update", "select sessions"],
  ["select id from sessions for no key update", "select sessions"],
  [`insert into "changes" ("id") values ($1)`, "insert changes"],
  ["insert into encoders (id) values ($1) on conflict (id) do update set name = excluded.name", "insert encoders"],
  ["delete from alerts where id = $1", "delete alerts"],
  ["copy sessions (id, name) from stdin", "copy sessions"],
  ["with beat as (update encoders set x = 1 returning id) select exists (select from beat)", "update encoders"],
  ["with ids as (select id from sessions), other as materialized (select 1) select * from ids join other on true", "select sessions"],
  [
    "select extract(epoch from now()) from (select pg_current_snapshot() as s) p left join lateral (select 1 from changes c) c on true",
    "select changes",
  ],
  ["select x from jsonb_to_recordset($1) as w (id text)", "select"],
  ["begin", "begin"],
  ["", "other"],
])("names %s", (text, name) => {
  expect(statementName(text)).toBe(name);
});

it("remembers, and forgets before it remembers too much", () => {
  const nameOf = createStatementNames();
  for (let count = 0; count < 5_000; count += 1) nameOf(`select ${"$1,".repeat(count % 7)} ${count} from sessions`);
  expect(nameOf("select 1 from sessions")).toBe("select sessions");
});

let server: TestServer;
const texts = new Set<string>();
beforeAll(async () => {
  server = await startTestServer({ onStatement: (text) => texts.add(text) });
});
afterAll(() => server.stop());

it("names what is really sent by tables that there are", async () => {
  const changes = server.subscribe(SessionChangesDocument, { snapshot: true });
  await changes.next();
  await server.graphql(CreateSessionDocument, { input: { name: "One", source: { type: "RTMP_PUSH" }, playbacks: [] } });
  await server.graphql(SessionsDocument, { first: 5 });
  await changes.next();
  changes.end();
  const rows = await server.database.executor.execute<{ name: string }>(
    sql`select relname as name from pg_class where relkind in ('r', 'v', 'p')`,
  );
  const tables = new Set(rows.map(({ name }) => name));
  const names = new Set([...texts].map(statementName));
  const unknown = [...names].filter((name) => name.includes(" ") && !tables.has(name.split(" ")[1] ?? ""));
  expect(unknown).toEqual([]);
  expect(names.size).toBeGreaterThan(8);
  expect([...names]).toEqual(expect.arrayContaining(["insert sessions", "insert changes", "select api_keys"]));
});
