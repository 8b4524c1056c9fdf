import { sql } from "drizzle-orm";
import type { StatePage } from "../changes/object-changes.ts";
import { parseSnapshot } from "../changes/position.ts";
import type { Executor } from "../database/database.ts";
import { sessionStateJson, type SessionState } from "./session.state.ts";

export interface SessionStatePage {
  readonly organizationId: string;
  /** Empty: from the first. */
  readonly afterId: string;
  readonly limit: number;
}

/** The states of an organization's sessions by id, and the snapshot that the one statement saw them in. */
export async function readSessionStates(
  executor: Executor,
  { organizationId, afterId, limit }: SessionStatePage,
): Promise<StatePage<SessionState>> {
  const rows = await executor.execute<{ snapshot: string; id: string | null; state: SessionState | string }>(sql`
    select now_seen.snapshot::text as snapshot, page.id, page.state
    from (select pg_current_snapshot() as snapshot) now_seen
    left join lateral (
      select s.id, ${sessionStateJson} as state from sessions s
      where s.organization_id = ${organizationId} and s.id > ${afterId}
      order by s.id limit ${limit}
    ) page on true`);
  const [first] = rows;
  if (!first) throw new Error("PostgreSQL gave no row for its own snapshot");
  return {
    snapshot: parseSnapshot(first.snapshot),
    rows: rows.flatMap(({ id, state }) =>
      // Drizzle leaves JSON of raw statements as text.
      id === null ? [] : [{ id, state: typeof state === "string" ? (JSON.parse(state) as SessionState) : state }],
    ),
  };
}
