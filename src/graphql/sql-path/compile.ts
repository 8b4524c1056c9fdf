import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import type { Context } from "../../access/context.ts";
import { Fault } from "../../shared/user-error.ts";
import { gatherCall } from "./call.ts";
import { collectFields, type CollectedFields, type Reading } from "./collect-fields.ts";
import type { RootField } from "./failure.ts";
import {
  quote,
  type SqlArguments,
  type SqlCall,
  type SqlConnection,
  type SqlFrom,
  type SqlReference,
  type SqlRows,
  type SqlType,
} from "./field-sql.ts";
import { pageSql, type PageSql } from "./page-sql.ts";
import { Unmapped } from "./unmapped.ts";

/** A query that is to become a statement; it has been admitted, and so fits the schema. */
export interface SqlOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As they were sent. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: Pick<Context, "actor" | "publicUrl">;
}

export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** What it answers. */
  readonly rootFields: readonly RootField[];
}

/** Types by their names; `Query` has the fields of the root. */
export type SqlTypes = ReadonlyMap<string, SqlType>;

/** PostgreSQL cuts longer names off. */
const NAME_LIMIT = 63;

/**
 * One statement that answers the whole query: its one column of its one row is the JSON text of the answer. Null when something in it is
 * not mapped, or when it would end in an error: the resolvers tell of that.
 */
export function compileOperation(types: SqlTypes, given: SqlOperation): Statement | null {
  try {
    const { schema, document, operation } = given;
    if (operation.directives?.length) return null;
    // The first that does not fit decides: telling of thousands is work, and is the resolvers' way's.
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given.variables, { maxErrors: 1 });
    if (!coerced) return null;
    const fragments = new Map(
      document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])),
    );
    const reading: Reading = { schema, fragments, variables: coerced };
    const call = gatherCall(given.context);
    const query = schema.getQueryType()?.name ?? "Query";
    const fields = collectFields(reading, query, [operation.selectionSet]);
    const text = new Compiler(types, reading, call).statement(query, fields);
    const rootFields = [...fields].map(([key, nodes]) => ({ key, name: nameOf(nodes), nodes }));
    return { text, parameters: call.parameters, rootFields };
  } catch (error) {
    // What arguments do not fit, or mean no page, the resolvers tell of.
    if (error instanceof Unmapped || error instanceof Fault || error instanceof GraphQLError) return null;
    throw error;
  }
}

class Compiler {
  readonly #types: SqlTypes;
  readonly #reading: Reading;
  readonly #call: SqlCall;
  #names = 0;

  constructor(types: SqlTypes, reading: Reading, call: SqlCall) {
    this.#types = types;
    this.#reading = reading;
    this.#call = call;
  }

  /** The fields of the root stand in it as they come: a row of them would be one more copy of the whole answer. */
  statement(query: string, fields: CollectedFields): string {
    const type = this.#typeOf(query);
    const data = [...fields].map(([key, nodes], place) => {
      const text = isTypeName(nodes) ? quote(JSON.stringify(query)) : `coalesce((${this.#column(type, nodes, ROOT)})::text, 'null')`;
      return `'${place > 0 ? "," : ""}"${key}":' || ${text}`;
    });
    return `select ${strungTogether(["'{\"data\":{'", ...data, "E'}}\\n'"])}`;
  }

  /** A name that no column can have: where a column is called like its row, its name would mean the column. */
  #newName(mark: "#" | "@"): string {
    this.#names += 1;
    return `"${mark}${this.#names}"`;
  }

  #newRow(joins: Row["joins"]): Row {
    return { name: this.#newName("#"), joins, references: new Map() };
  }

  #typeOf(name: string): SqlType {
    const type = this.#types.get(name);
    if (!type) throw new Unmapped();
    return type;
  }

  #columns(type: SqlType, fields: CollectedFields, parent: Row): string {
    return this.#named(fields, (_, nodes) => this.#column(type, nodes, parent));
  }

  #column({ name, fields: known }: SqlType, nodes: readonly FieldNode[], parent: Row): string {
    if (isTypeName(nodes)) return quote(name);
    const field = nameOf(nodes);
    const found = Object.hasOwn(known, field) ? known[field] : undefined;
    if (!found) throw new Unmapped();
    const args = this.#argumentsOf(name, nodes[0], found.kind === "value" ? [] : found.args);
    if (found.kind === "value") return found.sql(parent.name, this.#call);
    if (found.kind === "connection") return this.#connection(found, { nodes, args, parent });
    return found.kind === "reference" ? this.#reference(found, { nodes, args, parent }) : this.#rows(found, { nodes, args, parent });
  }

  /** The fields that were asked for, each under its name in the answer. */
  #named(fields: CollectedFields, sqlOf: (field: string, nodes: readonly FieldNode[]) => string): string {
    return [...fields]
      .map(([key, nodes]) => {
        if (key.length > NAME_LIMIT) throw new Unmapped();
        return `${sqlOf(nameOf(nodes), nodes)} as "${key}"`;
      })
      .join(", ");
  }

  #argumentsOf(typeName: string, node: FieldNode | undefined, known: readonly string[]): SqlArguments {
    if (!node || node.directives?.some(({ name }) => name.value !== "skip" && name.value !== "include")) throw new Unmapped();
    const type = this.#reading.schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[node.name.value] : undefined;
    if (!field || node.arguments?.some(({ name }) => !known.includes(name.value))) throw new Unmapped();
    return getArgumentValues(field, node, this.#reading.variables);
  }

  #subfields(typeName: string, nodes: readonly FieldNode[]): CollectedFields {
    return collectFields(
      this.#reading,
      typeName,
      nodes.map(({ selectionSet }) => selectionSet),
    );
  }

  #rows({ kind, type: typeName, from, when }: SqlRows, { nodes, args, parent }: Asked): string {
    const isList = kind === "list";
    // Of one row the others are looked up by themselves: joined, they would be found for all rows that it is chosen from.
    const row = from ? this.#newRow(isList ? [] : null) : parent;
    const columns = this.#columns(this.#typeOf(typeName), this.#subfields(typeName, nodes), row);
    const tail = from ? tailOf(from({ parent: parent.name, row: row.name, call: this.#call, args }), row) : whereOf(when?.(parent.name));
    return isList ? this.#jsonList(columns, tail) : `(${this.#json(columns, tail)})`;
  }

  /**
   * Joined to the parent's rows where these are many, once under however many names it is asked for: a statement within the statement for
   * each of them takes PostgreSQL twice the time.
   */
  #reference(reference: SqlReference, { nodes, args, parent }: Asked): string {
    const { type: typeName, table, on } = reference;
    const conditionOf = (name: string): string => on({ parent: parent.name, row: name, call: this.#call, args });
    const fields = this.#subfields(typeName, nodes);
    if (!parent.joins) {
      const row = this.#newRow(null);
      const from = { rows: `${table} ${row.name}`, where: conditionOf(row.name) };
      return `(${this.#json(this.#columns(this.#typeOf(typeName), fields, row), tailOf(from, row))})`;
    }
    let row = parent.references.get(reference);
    if (!row) {
      row = this.#newRow(parent.joins);
      parent.references.set(reference, row);
      parent.joins.push(` left join ${table} ${row.name} on ${conditionOf(row.name)}`);
    }
    return `case when ${row.name}.id is not null then (${this.#json(this.#columns(this.#typeOf(typeName), fields, row), "")}) end`;
  }

  #connection({ type, page }: SqlConnection, { nodes, args, parent }: Asked): string {
    const parts = pageSql(page({ parent: parent.name, call: this.#call, args }), this.#call);
    const columns = this.#named(this.#subfields(`${type}Connection`, nodes), (field, asked) =>
      this.#connectionField(type, parts, field, asked),
    );
    return `(${parts.with(columns)} ${this.#json(columns, "")})`;
  }

  #connectionField(type: string, parts: PageSql, field: string, nodes: readonly FieldNode[]): string {
    if (field === "__typename") return quote(`${type}Connection`);
    if (field === "totalCount") return parts.totalCount();
    const row = this.#newRow([]);
    if (field === "nodes") {
      const columns = this.#columns(this.#typeOf(type), this.#subfields(type, nodes), row);
      return this.#jsonList(columns, tailOf(parts.from(row.name), row));
    }
    if (field === "edges") {
      const columns = this.#named(this.#subfields(`${type}Edge`, nodes), (name, inner) => {
        if (name === "__typename") return quote(`${type}Edge`);
        if (name === "cursor") return parts.cursor(row.name);
        if (name !== "node") throw new Unmapped();
        return `(${this.#json(this.#columns(this.#typeOf(type), this.#subfields(type, inner), row), "")})`;
      });
      return this.#jsonList(columns, tailOf(parts.from(row.name), row));
    }
    if (field !== "pageInfo") throw new Unmapped();
    const columns = this.#named(this.#subfields("PageInfo", nodes), (name) => {
      const text = name === "__typename" ? quote("PageInfo") : parts.pageInfo[name];
      if (text === undefined) throw new Unmapped();
      return text;
    });
    return `(${this.#json(columns, "")})`;
  }

  #json(columns: string, tail: string): string {
    const name = this.#newName("@");
    return `select row_to_json(${name}) from (select ${columns}${tail}) ${name}`;
  }

  #jsonList(columns: string, tail: string): string {
    const name = this.#newName("@");
    return `(select coalesce(json_agg(${name}), '[]') from (select ${columns}${tail}) ${name})`;
  }
}

/** A row that columns are read of. */
interface Row {
  readonly name: string;
  /** Joins to be added to where it comes from, each of one row at most; null where nothing can be joined. */
  readonly joins: string[] | null;
  /** What was joined to it, so that each is once, under however many names it is asked for. */
  readonly references: Map<SqlReference, Row>;
}

/** What fields of the root are read of. */
const ROOT: Row = { name: "", joins: null, references: new Map() };

interface Asked {
  readonly nodes: readonly FieldNode[];
  readonly args: SqlArguments;
  readonly parent: Row;
}

/** In halves: one after the other, each would be a text for PostgreSQL with all those before it once more. */
function strungTogether(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join("");
  const half = Math.ceil(texts.length / 2);
  return `(${strungTogether(texts.slice(0, half))} || ${strungTogether(texts.slice(half))})`;
}

function nameOf(nodes: readonly FieldNode[]): string {
  return nodes[0]?.name.value ?? "";
}

function isTypeName(nodes: readonly FieldNode[]): boolean {
  return nameOf(nodes) === "__typename";
}

function tailOf({ rows, where, order }: SqlFrom, { joins }: Row): string {
  return ` from ${rows}${joins?.join("") ?? ""}${whereOf(where)}${order === undefined ? "" : ` order by ${order}`}`;
}

function whereOf(condition: string | undefined): string {
  return condition === undefined ? "" : ` where ${condition}`;
}
