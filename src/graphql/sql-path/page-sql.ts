import { and, sql } from "drizzle-orm";
import { keysetCondition, keysetLimit, keysetOrderBy } from "../../database/keyset.ts";
import { momentText, quote, type SqlCall, type SqlFrom, type SqlPage } from "./field-sql.ts";

/** The parts of a connection in SQL, within `with` of the rows found: those of the page are called `page`. */
export interface PageSql {
  /** For a text that reads them: of the rows the columns that it names, which are a few of many. */
  readonly with: (text: string) => string;
  /** The rows of the page in the list's order, each called `row`. */
  readonly from: (row: string) => SqlFrom;
  readonly cursor: (row: string) => string;
  readonly pageInfo: Readonly<Record<string, string>>;
  readonly totalCount: () => string;
}

const KEY = '"#key"';

/** Names within another page's rows hide those around them, and nothing inside means those. */
export function pageSql(given: SqlPage, call: SqlCall): PageSql {
  const { table, condition, pageCondition, keyset, page } = given;
  const from = sql.raw(table);
  const names: string[] = [];
  const found = (columns: string) =>
    call.render(sql`
    select ${sql.raw(columns)}, ${keyset.key} as ${sql.raw(KEY)} from ${from}
    where ${and(pageCondition ?? condition, keysetCondition(keyset, page)) ?? sql`true`} order by ${keysetOrderBy(keyset, page)} limit ${sql.raw(String(keysetLimit(page)))}`);
  const [forward, back] = keyset.isDescending ? ["desc", "asc"] : ["asc", "desc"];
  const inOrder = (row: string, direction = forward) => `${row}.${KEY} ${direction}, ${row}.id ${direction}`;
  const taken = page.isBackward ? back : forward;
  const hasMore = `(select count(*) from found) > ${page.limit}`;
  const cursor = (row: string) => cursorText(row, given);
  const end = (direction = forward) => `(select ${cursor("item")} from page item order by ${inOrder("item", direction)} limit 1)`;
  return {
    with: (text) => `with found as materialized (${found(columnsOf(table, names, text))}),
      page as materialized (select * from found order by ${KEY} ${taken}, id ${taken} limit ${page.limit})`,
    from(row) {
      names.push(row);
      return { rows: `page ${row}`, order: inOrder(row) };
    },
    cursor,
    pageInfo: {
      hasNextPage: page.isBackward ? String(page.before !== null) : hasMore,
      hasPreviousPage: page.isBackward ? hasMore : String(page.after !== null),
      startCursor: end(),
      endCursor: end(back),
    },
    totalCount: () => call.render(sql`(select count(*) from ${from} where ${condition ?? sql`true`})`),
  };
}

/** The columns of the table that a text reads of rows of these names, and the id. */
function columnsOf(table: string, names: readonly string[], text: string): string {
  const read = names.flatMap((name) => [...text.matchAll(new RegExp(`${name}\\.(\\w+)`, "g"))].map(([, column]) => column));
  return [...new Set(["id", ...read])].map((column) => `${table}.${column}`).join(", ");
}

/** As `encodeKeysetCursor` writes it. */
function cursorText(row: string, { order }: SqlPage): string {
  const key = `${row}.${KEY}`;
  const shown = order.keyType === "timestamptz" ? momentText(key) : key;
  const text = `'[' || to_json(${quote(order.name)}) || ',' || to_json(${shown}) || ',' || to_json(${row}.id) || ']'`;
  return `translate(encode(convert_to(${text}, 'UTF8'), 'base64'), E'+/=\\n', '-_')`;
}
