import { sql, type SQL } from "drizzle-orm";
import { arrayText } from "./array-text.ts";

/** Types of columns that many rows are written into at once. `bytea` is given as base64. */
export type ColumnType = "text" | "integer" | "bigint" | "double precision" | "boolean" | "text[]" | "jsonb" | "bytea";

/** The columns of a set of rows and their types, in the order in which they are written. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>;

/** Rows by their columns: one text for each, which PostgreSQL reads as an array faster than the same rows as JSON. */
export interface RowSet {
  readonly count: number;
  readonly texts: Readonly<Record<string, string>>;
}

/** Pure work: a thread that has no database can do it. */
export function toRowSet<Types extends ColumnTypes>(rows: readonly { readonly [Name in keyof Types]: unknown }[], types: Types): RowSet {
  const texts = Object.entries(types).map(([name, type]) => [name, arrayText(rows.map((row) => toText(row[name], type)))] as const);
  return { count: rows.length, texts: Object.fromEntries(texts) };
}

function toText(value: unknown, type: ColumnType): string | null {
  if (value === null || value === undefined) return null;
  if (type === "text[]") return arrayText(value as readonly string[]);
  return type === "jsonb" ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** The rows as a table for a FROM clause. */
export function rowsAs(alias: string, types: ColumnTypes, { texts }: RowSet): SQL {
  const names = Object.keys(types);
  const arrays = names.map((name) => sql`${texts[name] ?? "{}"}::text::text[]`);
  return sql`unnest(${sql.join(arrays, sql`, `)}) as ${sql.raw(alias)} (${sql.raw(names.join(", "))})`;
}

/** A column of that table in its type. */
export function columnOf(alias: string, name: string, type: ColumnType): SQL {
  const column = `${alias}.${name}`;
  if (type === "text") return sql.raw(column);
  return sql.raw(type === "bytea" ? `decode(${column}, 'base64')` : `${column}::${type}`);
}

/** One statement for all rows; `constants` are columns that are the same in each. */
export function insertRows(table: string, types: ColumnTypes, rows: RowSet, constants: Readonly<Record<string, SQL>> = {}): SQL {
  const names = [...Object.keys(types), ...Object.keys(constants)];
  const values = [...Object.entries(types).map(([name, type]) => columnOf("r", name, type)), ...Object.values(constants)];
  return sql`insert into ${sql.raw(table)} (${sql.raw(names.join(", "))}) select ${sql.join(values, sql`, `)} from ${rowsAs("r", types, rows)}`;
}
