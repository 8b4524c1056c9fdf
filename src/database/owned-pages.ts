import { sql } from "drizzle-orm";
import { groupBy } from "../shared/group-by.ts";
import type { Executor } from "./database.ts";
import { takePage, type KeysetPage, type KeysetRows } from "./keyset.ts";
import { textList } from "./text-list.ts";

/**
 * The same page of a list that each of many objects has, in one statement: the owners, `with wanted`, and for each of them, by
 * `innerJoinLateral`, the rows `found` of its page; both handed to `takePages`.
 */
export function wantedOwners(executor: Executor, ownerIds: readonly string[]) {
  return executor
    .$with("wanted")
    .as(executor.select({ ownerId: sql<string>`id`.as("owner_id") }).from(sql`unnest(${textList(ownerIds)}) as item (id)`));
}

export interface WantedPages {
  readonly ownerIds: readonly string[];
  readonly page: KeysetPage;
}

/** An owner of whom nothing was found has an empty page. */
export function takePages<Row>(
  { ownerIds, page }: WantedPages,
  rows: readonly { readonly wanted: { readonly ownerId: string }; readonly found: Row }[],
): ReadonlyMap<string, KeysetRows<Row>> {
  const groups = groupBy(rows, (row) => row.wanted.ownerId);
  const rowsOf = (id: string): readonly Row[] => (groups.get(id) ?? []).map(({ found }) => found);
  return new Map(ownerIds.map((id) => [id, takePage(rowsOf(id), page)]));
}
