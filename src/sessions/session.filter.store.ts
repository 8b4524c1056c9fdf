import { and, eq, sql, type SQL } from "drizzle-orm";
import { nameKey } from "../shared/name.ts";
import type { SessionFilter } from "./session.filter.ts";
import { sessions } from "./session.table.ts";

/** The rule of `compileSessionFilter` as a condition on the table `sessions`, within one organization. */
export function sessionFilterCondition(organizationId: string, filter: SessionFilter): SQL {
  const condition = and(
    eq(sessions.organizationId, organizationId),
    filter.ids ? sql`${sessions.id} = any(${list(filter.ids)})` : undefined,
    filter.excludeIds?.length ? sql`${sessions.id} <> all(${list(filter.excludeIds)})` : undefined,
    filter.names ? sql`${sessions.nameKey} = any(${list(filter.names.map(nameKey))})` : undefined,
    filter.externalIds ? sql`${sessions.externalId} = any(${list(filter.externalIds)})` : undefined,
    filter.streamIds ? sql`${sessions.streamId} = any(${list(filter.streamIds)})` : undefined,
    filter.labels ? sql`${sessions.labels} && ${list(filter.labels)}` : undefined,
    filter.search ? sql`strpos(${sessions.searchText}, ${nameKey(filter.search)}) > 0` : undefined,
    filter.status ? sql`${sessions.status} = any(${list(filter.status)})` : undefined,
    filter.health ? sql`${sessions.health} = any(${list(filter.health)})` : undefined,
    filter.inputType ? sql`${sessions.inputType} = any(${list(filter.inputType)})` : undefined,
    filter.templateId
      ? sql`exists (select 1 from playbacks where playbacks.session_id = ${sessions.id} and playbacks.template_id = ${filter.templateId})`
      : undefined,
  );
  return condition ?? sql`true`;
}

/** A list as one parameter: Drizzle would spread an array over as many as it has items. */
function list(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}
