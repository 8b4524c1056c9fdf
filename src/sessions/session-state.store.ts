import { sql } from "drizzle-orm";
import { readStatePage, type StatePage, type StatePageQuery } from "../changes/state-page.store.ts";
import type { Executor } from "../database/database.ts";
import { sessionStateJson, type SessionState } from "./session.state.ts";

/** The states of an organization's sessions by id, and the snapshot that the one statement saw them in. */
export async function readSessionStates(
  executor: Executor,
  { organizationId, afterId, limit }: StatePageQuery,
): Promise<StatePage<SessionState>> {
  return readStatePage(
    executor,
    sql`
      select s.id, ${sessionStateJson} as state from sessions s
      where s.organization_id = ${organizationId} and s.id > ${afterId}
      order by s.id limit ${limit}
    `,
  );
}
