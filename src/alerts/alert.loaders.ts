import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { definePageLoader } from "../graphql/page-loader.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { countAlertsOfSessions, findAlerts, findTopAlerts, pageAlertsOfSessions, type AlertRow } from "./alert.reads.ts";

/** Alerts by id, those that have ended too. */
export const alertLoader = defineLoader<AlertRow>("alerts", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findAlerts(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("alert", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** The most severe open alert of a session, by the session's id. */
export const topAlertLoader = defineLoader<AlertRow>("top alerts of sessions", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findTopAlerts(database.executor, actor.organizationId, ids),
    (row) => row.sessionId ?? "",
    (row) => row,
  ),
);

/** Which alerts of a session are meant, as the variant of its pages: `true` for the open ones, `false` for the others, null for all. */
export function variantOf(open: boolean | null): string | null {
  return open === null ? null : String(open);
}

function openOf(variant: string | null): boolean | null {
  return variant === null ? null : variant === "true";
}

/** Pages of the alerts of sessions, newest first. */
export const alertsOfSessionLoader = definePageLoader<AlertRow>("alerts of sessions", ({ database, actor }, { ownerIds, page, variant }) =>
  pageAlertsOfSessions(database.executor, { organizationId: actor.organizationId, ownerIds, open: openOf(variant), page }),
);

/** How many alerts a session has, by `countKey`. */
export const alertCountLoader = defineLoader<number>("alert counts of sessions", async ({ database, actor }, keys) => {
  const wanted = keys.map((key) => JSON.parse(key) as CountKey);
  const groups = groupBy(wanted, ([variant]) => variant);
  const counts = await Promise.all(
    [...groups].map(async ([variant, group]) => {
      const sessionIds = group.map(([, id]) => id);
      const query = { organizationId: actor.organizationId, sessionIds, open: openOf(variant) };
      const found = await countAlertsOfSessions(database.executor, query);
      return sessionIds.map((id) => [countKey(id, variant), found.get(id) ?? 0] as const);
    }),
  );
  const byKey = new Map(counts.flat());
  return keys.map((key) => byKey.get(key) ?? 0);
});

type CountKey = readonly [variant: string | null, sessionId: string];

export function countKey(sessionId: string, variant: string | null): string {
  return JSON.stringify([variant, sessionId] satisfies CountKey);
}
