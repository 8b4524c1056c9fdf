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
  readonly hasOpenAlert?: boolean | null | undefined;
  readonly hasPendingChanges?: boolean | null | undefined;
  readonly hasEvent?: boolean | null | undefined;
}

/**
 * Makes ready to tell whether a session in some state is meant by the filter: a filter has up to ten thousand names, and a
 * subscription asks for every change. The same rule as SQL stands in `session.filter.store.ts`, and a test holds the two together.
 */
export function compileSessionFilter(filter: SessionFilter): (id: string, state: SessionState) => boolean {
  const isId = oneOf(filter.ids);
  const excludedIds = new Set(filter.excludeIds);
  const isName = oneOf(filter.names?.map(nameKey));
  const isExternalId = oneOf<string | null>(filter.externalIds);
  const isStreamId = oneOf(filter.streamIds);
  const isLabel = oneOf(filter.labels);
  const search = filter.search ? nameKey(filter.search) : null;
  const isStatus = oneOf(filter.status);
  const isHealth = oneOf(filter.health);
  const isInputType = oneOf(filter.inputType);
  const templateId = filter.templateId ?? null;
  const hasOpenAlert = filter.hasOpenAlert ?? null;
  const hasPendingChanges = filter.hasPendingChanges ?? null;
  const hasEvent = filter.hasEvent ?? null;
  return (id, state) =>
    (!isId || isId(id)) &&
    !excludedIds.has(id) &&
    (!isStatus || isStatus(state.status)) &&
    (!isHealth || isHealth(state.health)) &&
    (!isInputType || isInputType(state.inputType)) &&
    (!isStreamId || isStreamId(state.streamId)) &&
    (!isExternalId || isExternalId(state.externalId)) &&
    (!isLabel || state.labels.some(isLabel)) &&
    (templateId === null || state.templateIds.includes(templateId)) &&
    (hasOpenAlert === null || state.hasOpenAlert === hasOpenAlert) &&
    (hasPendingChanges === null || Boolean(state.hasPendingChanges) === hasPendingChanges) &&
    (hasEvent === null || Boolean(state.hasEvent) === hasEvent) &&
    // What folds text stands last.
    (!isName || isName(nameKey(state.name))) &&
    (search === null || searchText(state).includes(search));
}

/** Null: every value is meant. */
function oneOf<T>(wanted: readonly T[] | null | undefined): ((value: T) => boolean) | null {
  if (!wanted) return null;
  const values = new Set(wanted);
  return (value) => values.has(value);
}
