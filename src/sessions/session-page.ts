import { parsePage, type ListOrder, type PageArguments } from "../graphql/connection.ts";
import type { SessionFilter } from "./session.filter.ts";
import { parseSessionFilter } from "./session.input.ts";
import { SESSION_ORDERS, type SessionPageQuery } from "./session.reads.ts";
import { SessionOrder, SortDirection } from "./session.rules.ts";

/** The arguments of the query `sessions`. */
export interface SessionPageArguments extends PageArguments {
  readonly filter?: SessionFilter | null | undefined;
  readonly orderBy?: SessionOrder | null | undefined;
  readonly direction?: SortDirection | null | undefined;
}

/** Reads the arguments of a page of sessions; throws BAD_USER_INPUT for what means none. */
export function parseSessionPage(
  given: SessionPageArguments,
  organizationId: string,
): { readonly query: SessionPageQuery; readonly order: ListOrder } {
  const orderBy = given.orderBy ?? SessionOrder.NAME;
  const direction = given.direction ?? SortDirection.ASC;
  const order = { name: `${orderBy}:${direction}`, keyType: SESSION_ORDERS[orderBy].keyType };
  const filter = parseSessionFilter(given.filter);
  const isDescending = direction === SortDirection.DESC;
  return { order, query: { organizationId, filter, order: orderBy, isDescending, page: parsePage(given, order) } };
}
