import { nameKey } from "../shared/name.ts";
import type { Health, InputType, SessionStatus } from "./session.rules.ts";
import { searchText, type SessionState } from "./session.state.ts";

/** Which sessions are meant: a field left out says nothing, several fields must all hold, and within a list any of them. */
export interface SessionFilter {
  readonly ids?: readonly string[] | null | undefined;
  readonly excludeIds?: readonly string[] | null | undefined;
  readonly names?: readonly string[] | null | undefined;
  readonly externalIds?: readonly string[] | null | undefined;
  readonly streamIds?: readonly string[] | null | undefined;
  readonly labels?: readonly string[] | null | undefined;
  readonly search?: string | null | undefined;
  readonly status?: readonly SessionStatus[] | null | undefined;
  readonly health?: readonly Health[] | null | undefined;
  readonly inputType?: readonly InputType[] | null | undefined;
  readonly templateId?: string | null | undefined;
}

/**
 * Whether a session in this state is meant by the filter. The same rule as SQL stands in `session.filter.store.ts`,
 * and a test holds the two together.
 */
export function matchesSessionFilter(filter: SessionFilter, id: string, state: SessionState): boolean {
  return (
    includes(filter.ids, id) &&
    !(filter.excludeIds ?? []).includes(id) &&
    includes(filter.names?.map(nameKey), nameKey(state.name)) &&
    (!filter.externalIds || (state.externalId !== null && filter.externalIds.includes(state.externalId))) &&
    includes(filter.streamIds, state.streamId) &&
    (!filter.labels || filter.labels.some((label) => state.labels.includes(label))) &&
    (!filter.search || searchText(state).includes(nameKey(filter.search))) &&
    includes(filter.status, state.status) &&
    includes(filter.health, state.health) &&
    includes(filter.inputType, state.inputType) &&
    (!filter.templateId || state.templateIds.includes(filter.templateId))
  );
}

function includes<T>(wanted: readonly T[] | null | undefined, value: T): boolean {
  return !wanted || wanted.includes(value);
}
