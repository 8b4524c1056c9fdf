import { sql, type SQL } from "drizzle-orm";
import { nameKey } from "../shared/name.ts";
import { hasPendingChanges } from "./pending-changes.store.ts";
import type { Health, InputType, SessionStatus } from "./session.rules.ts";

/** The fields of a session that filters look at; the change log keeps them as they were and as they are. */
export interface SessionState {
  readonly name: string;
  readonly description: string | null;
  readonly streamId: string;
  readonly externalId: string | null;
  readonly labels: readonly string[];
  readonly region: string;
  readonly inputType: InputType;
  readonly status: SessionStatus;
  readonly health: Health;
  readonly templateIds: readonly string[];
  /** Whether something was edited that waits for a restart. Rows of the log from before this was kept do not have it. */
  readonly hasPendingChanges: boolean;
  readonly hasOpenAlert: boolean;
  /** Whether it feeds a language of an event. Rows of the log from before there were events do not have it. */
  readonly hasEvent: boolean;
}

/** What a search looks through: stored in `sessions.search_text` and computed again from a state, so that both find the same. */
export function searchText(state: Pick<SessionState, "name" | "description" | "streamId" | "externalId" | "labels">): string {
  return [state.name, state.description ?? "", state.streamId, state.externalId ?? "", ...state.labels].map(nameKey).join("\n");
}

/** The state of a session as JSON, for statements in which the table `sessions` is called `s`. */
export const sessionStateJson: SQL = sql`jsonb_build_object(
  'name', s.name, 'description', s.description, 'streamId', s.stream_id, 'externalId', s.external_id, 'labels', s.labels,
  'region', s.region, 'inputType', s.input_type, 'status', s.status, 'health', s.health, 'hasOpenAlert', s.open_alert_count > 0,
  'hasEvent', s.event_id is not null,
  'templateIds', (select coalesce(jsonb_agg(distinct p.template_id), '[]'::jsonb) from playbacks p where p.session_id = s.id),
  'hasPendingChanges', ${hasPendingChanges(sql`s`)})`;
