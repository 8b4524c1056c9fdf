import type { SQL } from "drizzle-orm";
import type { KeysetOrder, KeysetPage } from "../../database/keyset.ts";
import type { ListOrder } from "../connection.ts";

/**
 * How a GraphQL type is read in SQL, as a table beside the type: each field by its name, a column of the row or a relation that leads to
 * other rows. A field that does not stand here is no error: an operation that asks for it is answered by the resolvers.
 */
export interface SqlType {
  readonly name: string;
  readonly fields: Readonly<Record<string, SqlField>>;
}

export type SqlField = SqlValue | SqlRows | SqlReference | SqlConnection;

/** One call, while its statement is made. */
export interface SqlCall {
  /** The caller's: what is read belongs to it, or hangs on something that does. */
  readonly organizationId: string;
  /** The base of the addresses that players open, without a slash at its end. */
  readonly publicUrl: string;
  /** The placeholder of a text. */
  readonly text: (value: string) => string;
  /** A condition or the like as text, its values as placeholders. */
  readonly render: (part: SQL) => string;
}

/** Arguments of a field, fitted to their types. */
export type SqlArguments = Readonly<Record<string, unknown>>;

/**
 * A value that follows from the row, as JSON has it: what scalars make of it in JavaScript is made in SQL. Columns of rows, of parents too, are
 * written as `row.column`: it is read off the text which of them a page has to bring along.
 */
export interface SqlValue {
  readonly kind: "value";
  readonly sql: (row: string, call: SqlCall) => string;
}

/** Where rows come from. `row` is what the new row is called, `parent` the one that the field is of; at the root there is none. */
export interface SqlSource {
  readonly parent: string;
  readonly row: string;
  readonly call: SqlCall;
  readonly args: SqlArguments;
}

/** Which rows. */
export interface SqlFrom {
  /** What stands after `from`. */
  readonly rows: string;
  readonly where?: string;
  /** What stands after `order by`, and where the rows end. */
  readonly order?: string;
}

/** An object, null where there is no row, or a list of objects. */
export interface SqlRows {
  readonly kind: "object" | "list";
  readonly type: string;
  /** Arguments that `from` looks at; others are left to the resolvers. */
  readonly args: readonly string[];
  /** Null: the object is another part of the parent's row. */
  readonly from: ((source: SqlSource) => SqlFrom) | null;
  /** Of a part of the parent's row: when it is there; left out: always. */
  readonly when?: (parent: string) => string;
}

/** An object of which there is one row at most, found by its table's `id`; null where there is none. */
export interface SqlReference {
  readonly kind: "reference";
  readonly type: string;
  readonly args: readonly [];
  readonly table: string;
  /** A condition on the row's `id`, and whatever else has to hold. */
  readonly on: (source: SqlSource) => string;
}

/** A page of a list, and how many there are. */
export interface SqlConnection {
  readonly kind: "connection";
  readonly type: string;
  readonly args: readonly string[];
  /** Throws BAD_USER_INPUT for arguments that mean no page. */
  readonly page: (source: Omit<SqlSource, "row">) => SqlPage;
}

export interface SqlPage {
  /** Rows of this table, under its own name. */
  readonly table: string;
  readonly condition: SQL | undefined;
  /** Instead of the condition, what finds the rows of the page, where not the whole list is read in its order. */
  readonly pageCondition?: SQL | undefined;
  /** For the cursors. */
  readonly order: ListOrder;
  readonly keyset: KeysetOrder;
  readonly page: KeysetPage;
}

export function value(sql: SqlValue["sql"]): SqlValue {
  return { kind: "value", sql };
}

export function column(name: string): SqlValue {
  return value((row) => `${row}.${name}`);
}

/** A point in time as the scalar DateTime writes it. */
export function moment(name: string): SqlValue {
  return value((row) => momentText(`${row}.${name}`));
}

export function momentText(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

export function constant(text: string): SqlValue {
  return value(() => quote(text));
}

/** A text of ours; what callers send goes into placeholders. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'::text`;
}

/** Whether a row of a table with this column is the caller's. */
export function isOwn(row: string, call: SqlCall): string {
  return `${row}.organization_id = ${call.text(call.organizationId)}`;
}

export function object(type: string, from: (source: SqlSource) => SqlFrom, args: readonly string[] = []): SqlRows {
  return { kind: "object", type, from, args };
}

export function reference(type: string, table: string, on: SqlReference["on"]): SqlReference {
  return { kind: "reference", type, args: [], table, on };
}

export function list(type: string, from: (source: SqlSource) => SqlFrom): SqlRows {
  return { kind: "list", type, from, args: [] };
}

/** An object that is made of columns of the same row. */
export function part(type: string, when?: (parent: string) => string): SqlRows {
  return { kind: "object", type, from: null, args: [], ...(when && { when }) };
}

export function connection(type: string, page: SqlConnection["page"], args: readonly string[]): SqlConnection {
  return { kind: "connection", type, page, args };
}
