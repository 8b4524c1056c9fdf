import { and, eq, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { nameKey } from "../shared/name.ts";
import { hasPendingChanges } from "./pending-changes.store.ts";
import type { SessionFilter } from "./session.filter.ts";
import { sessions } from "./session.table.ts";
import { textList } from "../database/text-list.ts";

/** The rule of `compileSessionFilter` as a condition on the table `sessions`, within one organization. */
export function sessionFilterCondition(organizationId: string, filter: SessionFilter): SQL {
  const condition = and(
    eq(sessions.organizationId, organizationId),
    filter.ids ? sql`${sessions.id} = any(${textList(filter.ids)})` : undefined,
    filter.excludeIds?.length ? sql`${sessions.id} <> all(${textList(filter.excludeIds)})` : undefined,
    filter.names ? sql`${sessions.nameKey} = any(${textList(filter.names.map(nameKey))})` : undefined,
    filter.externalIds ? sql`${sessions.externalId} = any(${textList(filter.externalIds)})` : undefined,
    filter.streamIds ? sql`${sessions.streamId} = any(${textList(filter.streamIds)})` : undefined,
    filter.labels ? sql`${sessions.labels} && ${textList(filter.labels)}` : undefined,
    filter.search ? sql`${sessions.searchText} like ${containing(nameKey(filter.search))}` : undefined,
    filter.status ? isOneOf(sessions.status, filter.status) : undefined,
    filter.health ? isOneOf(sessions.health, filter.health) : undefined,
    filter.inputType ? isOneOf(sessions.inputType, filter.inputType) : undefined,
    typeof filter.templateId === "string"
      ? sql`exists (select 1 from playbacks where playbacks.session_id = ${sessions.id} and playbacks.template_id = ${filter.templateId})`
      : undefined,
    typeof filter.hasOpenAlert === "boolean" ? sql`(${sessions.openAlertCount} > 0) = ${filter.hasOpenAlert}` : undefined,
    // Said plainly, so that the index of those which have them is found.
    filter.hasPendingChanges === true ? hasPendingChanges(sql`sessions`) : undefined,
    filter.hasPendingChanges === false ? sql`not ${hasPendingChanges(sql`sessions`)}` : undefined,
    typeof filter.hasEvent === "boolean" ? sql`(${sessions.eventId} is not null) = ${filter.hasEvent}` : undefined,
  );
  return condition ?? sql`true`;
}

/** A single value is compared by itself: then an index has what is found in the order of the list. */
function isOneOf(column: SQLWrapper, values: readonly string[]): SQL {
  return values.length === 1 ? sql`${column} = ${values[0]}` : sql`${column} = any(${textList(values)})`;
}

/** The pattern of texts that contain another. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
}
