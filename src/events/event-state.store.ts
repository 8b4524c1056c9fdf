import { sql } from "drizzle-orm";
import { readStatePage, type StatePage, type StatePageQuery } from "../changes/state-page.store.ts";
import type { Executor } from "../database/database.ts";
import type { EventState } from "./event.state.ts";

/** The states of an organization's events by id, and the snapshot that the one statement saw them in. */
export async function readEventStates(
  executor: Executor,
  { organizationId, afterId, limit }: StatePageQuery,
): Promise<StatePage<EventState>> {
  return readStatePage(
    executor,
    sql`
      select e.id, jsonb_build_object('title', e.title, 'status', e.status, 'publishedSlide', e.published_slide) as state from events e
      where e.organization_id = ${organizationId} and e.id > ${afterId}
      order by e.id limit ${limit}
    `,
  );
}
