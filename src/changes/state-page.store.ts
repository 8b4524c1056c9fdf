import { sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { FLUSH } from "./flush.store.ts";
import { parseSnapshot, type Snapshot } from "./position.ts";

/** Which objects of an organization are read: at most `limit` with ids above `afterId`, which is empty for the first page. */
export interface StatePageQuery {
  readonly organizationId: string;
  readonly afterId: string;
  readonly limit: number;
}

/** A page of the objects of an organization by id, all as one statement saw them. */
export interface StatePage<State> {
  readonly snapshot: Snapshot;
  readonly rows: readonly { readonly id: string; readonly state: State }[];
}

/** Reads what `page` selects, an `id` and a `state` as jsonb, along with the snapshot that the one statement saw it in. */
export async function readStatePage<State>(executor: Executor, page: SQL): Promise<StatePage<State>> {
  const rows = await executor.execute<{ snapshot: string; id: string | null; state: State | string }>(sql`
    select now_seen.snapshot::text as snapshot, now_seen.flushed, page.id, page.state
    from (select pg_current_snapshot() as snapshot, ${FLUSH} as flushed) now_seen
    left join lateral (${page}) page on true`);
  const [first] = rows;
  if (!first) throw new Error("PostgreSQL gave no row for its own snapshot");
  return {
    snapshot: parseSnapshot(first.snapshot),
    rows: rows.flatMap(({ id, state }) =>
      // Drizzle leaves JSON of raw statements as text.
      id === null ? [] : [{ id, state: typeof state === "string" ? (JSON.parse(state) as State) : state }],
    ),
  };
}
