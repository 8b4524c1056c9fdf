import { and, sql, type SQL, type SQLWrapper } from "drizzle-orm";

/** Where a page begins or ends: the ordering key and the id of the row there. */
export interface KeysetPosition {
  readonly key: string | number | Date;
  readonly id: string;
}

/** A page of a list: how many rows, from which end, and strictly between which positions. */
export interface KeysetPage {
  readonly limit: number;
  /** From the list's end: the rows nearest to `before` (or the last ones), still given in the list's order. */
  readonly isBackward: boolean;
  readonly after: KeysetPosition | null;
  readonly before: KeysetPosition | null;
}

/** What a list is ordered by: a column that is never null, then the id. Both in one direction, so that one index serves it. */
export interface KeysetOrder {
  readonly key: SQLWrapper;
  readonly id: SQLWrapper;
  readonly isDescending: boolean;
  /** The key's PostgreSQL type, such as `timestamptz`; text when left out. */
  readonly keyType?: "text" | "timestamptz" | "bigint";
}

/** A page of rows in the list's order, and whether there are more on either side. */
export interface KeysetRows<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The rows of a page are `where keysetCondition order by keysetOrderBy limit keysetLimit`, handed to `takePage`. */
export function keysetCondition(order: KeysetOrder, page: KeysetPage): SQL | undefined {
  return and(
    page.after ? compare(order, page.after, order.isDescending ? "<" : ">") : undefined,
    page.before ? compare(order, page.before, order.isDescending ? ">" : "<") : undefined,
  );
}

export function keysetOrderBy({ key, id, isDescending }: KeysetOrder, page: KeysetPage): SQL {
  const direction = isDescending === page.isBackward ? sql`asc` : sql`desc`;
  return sql`${key} ${direction}, ${id} ${direction}`;
}

/** One row more than the page, which tells whether there are others. */
export function keysetLimit(page: KeysetPage): number {
  return page.limit + 1;
}

/** Puts the rows of a page in the list's order and takes the surplus one off. */
export function takePage<Row>(found: readonly Row[], page: KeysetPage): KeysetRows<Row> {
  const hasMore = found.length > page.limit;
  const rows = found.slice(0, page.limit);
  return page.isBackward
    ? { rows: rows.reverse(), hasNextPage: page.before !== null, hasPreviousPage: hasMore }
    : { rows, hasNextPage: hasMore, hasPreviousPage: page.after !== null };
}

function compare({ key, id, keyType = "text" }: KeysetOrder, position: KeysetPosition, operator: "<" | ">"): SQL {
  const value = position.key instanceof Date ? position.key.toISOString() : String(position.key);
  return sql`(${key}, ${id}) ${sql.raw(operator)} (${value}::text::${sql.raw(keyType)}, ${position.id}::text)`;
}
