import { parsePage, type ListOrder, type PageArguments } from "../graphql/connection.ts";
import type { KeysetPage } from "../database/keyset.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { parseSessionFilter } from "../sessions/session.input.ts";
import type { AlertQuery } from "./alert.reads.ts";
import type { AlertCode, AlertSeverity } from "./alert.rules.ts";

export const NEWEST_FIRST: ListOrder = { name: "ALERT:DESC", keyType: "text" };

/** The arguments of the query `alerts`. */
export interface AlertPageArguments extends Pick<PageArguments, "first" | "after"> {
  readonly open?: boolean | null | undefined;
  readonly severity?: AlertSeverity | null | undefined;
  readonly code?: readonly AlertCode[] | null | undefined;
  readonly sessions?: SessionFilter | null | undefined;
  readonly eventId?: string | null | undefined;
}

/** Reads the arguments of a page of alerts; throws BAD_USER_INPUT for what means none. */
export function parseAlertPage(
  given: AlertPageArguments,
  organizationId: string,
): { readonly query: AlertQuery; readonly page: KeysetPage; readonly order: ListOrder } {
  const query = {
    organizationId,
    open: given.open ?? null,
    severity: given.severity ?? null,
    codes: given.code ?? null,
    sessions: given.sessions ? parseSessionFilter(given.sessions) : null,
    eventId: given.eventId ?? null,
  };
  return { query, page: parseAlertPaging(given), order: NEWEST_FIRST };
}

/** Of the alerts of one session too. */
export function parseAlertPaging({ first, after }: Pick<PageArguments, "first" | "after">): KeysetPage {
  return parsePage({ first, after }, NEWEST_FIRST);
}
