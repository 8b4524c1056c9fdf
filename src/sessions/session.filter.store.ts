import { and, eq, sql, type SQL } from "drizzle-orm";
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
    filter.search ? sql`strpos(${sessions.searchText}, ${nameKey(filter.search)}) > 0` : undefined,
    filter.status ? sql`${sessions.status} = any(${textList(filter.status)})` : undefined,
    filter.health ? sql`${sessions.health} = any(${textList(filter.health)})` : undefined,
    filter.inputType ? sql`${sessions.inputType} = any(${textList(filter.inputType)})` : undefined,
    typeof filter.templateId === "string"
      ? sql`exists (select 1 from playbacks where playbacks.session_id = ${sessions.id} and playbacks.template_id = ${filter.templateId})`
      : undefined,
    typeof filter.hasOpenAlert === "boolean" ? sql`(${sessions.openAlertCount} > 0) = ${filter.hasOpenAlert}` : undefined,
    typeof filter.hasPendingChanges === "boolean" ? sql`${hasPendingChanges(sql`sessions`)} = ${filter.hasPendingChanges}` : undefined,
    typeof filter.hasEvent === "boolean" ? sql`(${sessions.eventId} is not null) = ${filter.hasEvent}` : undefined,
  );
  return condition ?? sql`true`;
}
