import { Field, Int, ObjectType } from "type-graphql";
import { z } from "zod";
import type { KeysetPage, KeysetPosition, KeysetRows } from "../database/keyset.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { parseJson } from "../shared/parse-json.ts";

/** Items of a page when none are asked for, and at most. */
export const PAGE_SIZE_DEFAULT = 50;
export const PAGE_SIZE_LIMIT = 100;

/** Descriptions of the paging arguments, the same for every connection. */
export const PAGE_ARGUMENT_DESCRIPTIONS = {
  first: "How many items from the beginning or after `after`: 1 to 100, 50 when neither `first` nor `last` is given.",
  after: "The cursor of an edge (or endCursor): items that stand after it.",
  last: "How many items from the end or before `before`: 1 to 100. Not together with `first`.",
  before: "The cursor of an edge (or startCursor): items that stand before it.",
} as const;

@ObjectType("PageInfo", {
  description: "Whether there is more of a list on either side of a page, and where to go on.",
  simpleResolvers: true,
})
export class PageInfo {
  @Field(() => Boolean, { description: "Whether items follow this page: ask again with `after: endCursor`." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether items stand before this page: ask again with `before: startCursor`." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first item of the page; null when the page is empty." })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor of the last item of the page; null when the page is empty, but of `changes`: there always, and fresh.",
  })
  endCursor!: string | null;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  /** Counted only when it is asked for. */
  readonly totalCount: number | (() => number | Promise<number>);
}

const TOTAL_COUNT_DESCRIPTION = "How many items the whole list has, on all pages.";

/**
 * The classes `NAMEConnection` and `NAMEEdge` of a node type: `export const TemplateConnection = connectionType("Template", () => TemplateType)`.
 * A list that is not counted whole says so in a description of its own.
 */
export function connectionType(
  name: string,
  nodeType: () => Function,
  { totalCount = TOTAL_COUNT_DESCRIPTION }: { readonly totalCount?: string } = {},
): new () => Connection<unknown> {
  @ObjectType(`${name}Edge`, { description: `One ${name} of a list, with its place in it.`, simpleResolvers: true })
  class EdgeOf {
    @Field(() => String, { description: "The item's place in this order of the list; opaque." })
    cursor!: string;

    @Field(nodeType, { description: "The item itself." })
    node!: unknown;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name} items.`, simpleResolvers: true })
  class ConnectionOf {
    @Field(() => [EdgeOf], { description: "The items of the page with their cursors, in the list's order." })
    edges!: EdgeOf[];

    @Field(() => [nodeType()], { description: "The items of the page without their cursors, in the list's order." })
    nodes!: unknown[];

    @Field(() => PageInfo, { description: "Whether there is more, and where." })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: totalCount })
    totalCount!: number;
  }
  return ConnectionOf;
}

/** One order that a list can be in, direction included: a cursor of one order means nothing in another. */
export interface ListOrder {
  /** Such as `NAME:ASC`; stands in the cursors. */
  readonly name: string;
  readonly keyType: "text" | "timestamptz" | "bigint";
}

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Reads the paging arguments; throws BAD_USER_INPUT for sizes out of range and cursors of other lists. */
export function parsePage({ first, after, last, before }: PageArguments, order: ListOrder): KeysetPage {
  const hasFirst = first !== null && first !== undefined;
  const hasLast = last !== null && last !== undefined;
  if (hasFirst && hasLast) throw badInput("Give `first` or `last`, not both.");
  return {
    limit: pageSize(hasLast ? last : (first ?? PAGE_SIZE_DEFAULT), hasLast ? "last" : "first"),
    isBackward: hasLast,
    after: decodeKeysetCursor(after, order),
    before: decodeKeysetCursor(before, order),
  };
}

/** Gives a page of rows the shape of a connection. */
export function toConnection<Row, Node>(options: {
  readonly page: KeysetRows<Row>;
  readonly order: ListOrder;
  readonly position: (row: Row) => KeysetPosition;
  readonly present: (row: Row) => Node;
  readonly totalCount: Connection<Node>["totalCount"];
}): Connection<Node> {
  const { page, order, position, present, totalCount } = options;
  const edges = page.rows.map((row) => ({ cursor: encodeKeysetCursor(position(row), order), node: present(row) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}

const CURSOR_LENGTH_LIMIT = 2_000;
const KEY_LENGTH_LIMIT = 1_000;
const IDENTIFIER_LENGTH_LIMIT = 64;

const keysetCursorSchema = z.tuple([
  z.string(),
  z.union([z.string().max(KEY_LENGTH_LIMIT), z.number()]),
  z.string().max(IDENTIFIER_LENGTH_LIMIT).regex(/^\w+$/),
]);

export function encodeKeysetCursor({ key, id }: KeysetPosition, order: ListOrder): string {
  return Buffer.from(JSON.stringify([order.name, key, id])).toString("base64url");
}

/** Null when none is given; throws BAD_USER_INPUT for a cursor that is not of this list and order. */
export function decodeKeysetCursor(cursor: string | null | undefined, order: ListOrder): KeysetPosition | null {
  if (cursor === null || cursor === undefined) return null;
  const result =
    cursor.length > CURSOR_LENGTH_LIMIT ? null : keysetCursorSchema.safeParse(parseJson(Buffer.from(cursor, "base64url").toString()));
  if (!result?.success) throw badInput("This cursor is not one that this list gave out.");
  const [name, key, id] = result.data;
  if (name !== order.name) throw badInput("This cursor belongs to another order of the list; begin again without it.");
  if (!isKey(key, order)) throw badInput("This cursor is not one that this list gave out.");
  return { key, id };
}

function isKey(key: string | number, { keyType }: ListOrder): boolean {
  if (keyType === "timestamptz") return typeof key === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(key) && !Number.isNaN(Date.parse(key));
  if (keyType === "bigint") return typeof key === "number" && Number.isSafeInteger(key);
  return typeof key === "string" && !key.includes("\u0000") && !/\p{Surrogate}/u.test(key);
}

export function pageSize(size: number, argument: string): number {
  if (size >= 1 && size <= PAGE_SIZE_LIMIT) return size;
  throw badInput(`\`${argument}\` is 1 to ${PAGE_SIZE_LIMIT}.`);
}

function badInput(message: string): Fault {
  return new Fault(FaultCode.BAD_USER_INPUT, message);
}
