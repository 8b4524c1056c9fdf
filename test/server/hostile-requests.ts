import { randomBytes } from "node:crypto";

/** A request that was made to keep a server busy, or to bring it down. */
export interface HostileRequest {
  readonly name: string;
  readonly query: string;
  /** As JSON text: some of it no value of ours could hold. */
  readonly variables?: string;
  readonly operationName?: string;
  /** What it is refused with; null for one that is answered. */
  readonly code: string | null;
}

const MEGABYTE = 900_000;
/** Nearly as long as a document may be. */
const LONG = 249_000;
const list = (count: number, item: (index: number) => string, between = " ") =>
  Array.from({ length: count }, (_, index) => item(index)).join(between);
const INVALID = "GRAPHQL_VALIDATION_FAILED";
const COMPLEX = "QUERY_TOO_COMPLEX";
const UNREADABLE = "GRAPHQL_PARSE_FAILED";
const INPUT = "BAD_USER_INPUT";

const FRAGMENTS: readonly HostileRequest[] = [
  {
    name: "fragments that double at every level",
    query: `{ ...F0 } ${list(60, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F60 on Query { changeCursor }`,
    code: null,
  },
  {
    name: "fragments that double what costs",
    query: `{ ...F0 } ${list(60, (index) => `fragment F${index} on Query { ...F${index + 1} ... { ...F${index + 1} } }`)} fragment F60 on Query { sessions { nodes { id } } }`,
    code: COMPLEX,
  },
  { name: "a fragment in itself", query: "{ ...F } fragment F on Query { ...F changeCursor }", code: INVALID },
  {
    name: "a circle of fragments",
    query: `{ ...F0 } ${list(150, (index) => `fragment F${index} on Query { ...F${(index + 1) % 150} }`)}`,
    code: INVALID,
  },
  {
    name: "fragments that spread all others",
    query: `{ ...F0 } ${list(40, (index) => `fragment F${index} on Query { ${list(20, (other) => `...F${(index + other + 1) % 40}`)} }`)}`,
    code: INVALID,
  },
  {
    name: "a chain of fragments",
    query: `{ ...F0 } ${list(220, (index) => `fragment F${index} on Query { ...F${index + 1} changeCursor }`)} fragment F220 on Query { changeCursor }`,
    code: null,
  },
  {
    name: "fragments that all have to be compared",
    query: `{ ${list(160, (index) => `...F${index}`)} } ${list(160, (index) => `fragment F${index} on Query { caller { actor } }`)}`,
    code: null,
  },
  {
    name: "fragments that nobody spreads",
    query: `{ changeCursor } ${list(280, (index) => `fragment F${index} on Query { changeCursor }`)}`,
    code: INVALID,
  },
  { name: "fragments that are not there", query: `{ ${list(300, (index) => `...F${index}`)} }`, code: INVALID },
  { name: "more fragments that are not there", query: `{ ${list(900, (index) => `...F${index}`)} }`, code: COMPLEX },
];

const FIELDS: readonly HostileRequest[] = [
  { name: "10,000 aliases", query: `{ ${list(10_000, (index) => `a${index}:changeCursor`)} }`, code: COMPLEX },
  { name: "600 aliases", query: `{ ${list(600, (index) => `a${index}: changeCursor`)} }`, code: COMPLEX },
  { name: "one field again and again", query: `{ ${list(1_990, () => "changeCursor")} }`, code: COMPLEX },
  { name: "one object again and again", query: `{ ${list(480, () => "caller { actor }")} }`, code: COMPLEX },
  { name: "one object again and again, as often as may be", query: `{ ${list(180, () => "caller { actor accessLevel }")} }`, code: null },
  {
    name: "selections that have to be merged within each other",
    query: `{ ${list(40, () => `session(id: "a") { ${list(10, () => "source { id }")} }`)} }`,
    code: COMPLEX,
  },
  {
    name: "selections that cannot be merged",
    query: `{ ${list(200, (index) => `session(id: "${index}") { id }`)} }`,
    code: INVALID,
  },
  { name: "fields that are not there", query: `{ ${list(1_900, (index) => `sesions${index}`)} }`, code: INVALID },
  { name: "a field deeper than any stack", query: `${"{ a ".repeat(100_000)}${"}".repeat(100_000)}`, code: COMPLEX },
  { name: "fields within fields", query: `${"{ session ".repeat(390)}{ id }${" }".repeat(390)}`, code: COMPLEX },
  {
    name: "a circle that multiplies",
    query: `{ sessions(first: 100) { nodes { ${"playbacks { session { ".repeat(4)} id ${"} } ".repeat(4)} } } }`,
    code: COMPLEX,
  },
  { name: "600 directives", query: `{ changeCursor ${list(300, () => "@include(if: true)")} }`, code: COMPLEX },
  { name: "directives that are not there", query: `{ changeCursor ${list(900, (index) => `@include${index}`)} }`, code: COMPLEX },
  {
    name: "introspection of introspection",
    query: `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
    code: INVALID,
  },
  {
    name: "introspection thirty times",
    query: `{ __schema { ${list(30, (index) => `a${index}: types { fields { name args { name type { name } } type { name } } }`)} } }`,
    code: COMPLEX,
  },
];

const TEXTS: readonly HostileRequest[] = [
  { name: "a megabyte of a name", query: `{ ${"a".repeat(MEGABYTE)} }`, code: COMPLEX },
  { name: "a megabyte of text", query: `{ session(id: "${"a".repeat(MEGABYTE)}") { id } }`, code: COMPLEX },
  { name: "a megabyte of noughts", query: "\u0000".repeat(MEGABYTE / 6), code: UNREADABLE },
  { name: "a long document of a name", query: `{ ${"a".repeat(LONG)} }`, code: INVALID },
  { name: "a long document of a type", query: `query ($a: ${"a".repeat(LONG)}) { changeCursor }`, code: INVALID },
  { name: "a long document of a name that cannot stand there", query: `{ changeCursor } ${"a".repeat(LONG)}`, code: UNREADABLE },
  { name: "a long document of text", query: `{ session(id: "${"a".repeat(LONG)}") { id } }`, code: null },
  { name: "a long document of text for a number", query: `{ sessions(first: "${"a".repeat(LONG)}") { totalCount } }`, code: INVALID },
  {
    name: "a long document of what a suggestion begins with",
    query: `{ sessions(first: "${" Did you mean ".repeat(LONG / 14)}") { totalCount } }`,
    code: INVALID,
  },
  { name: "a long document of digits", query: `{ sessions(first: ${"9".repeat(LONG)}) { totalCount } }`, code: INVALID },
  {
    name: "a number with a megabyte of fractions",
    query: `{ sessions(first: 1.${"9".repeat(LONG)}e9) { totalCount } }`,
    code: INVALID,
  },
  { name: "a number beyond all", query: "{ sessions(first: 1e999999999) { totalCount } }", code: INVALID },
  { name: "a long document of escapes", query: `{ session(id: "${"\\u{1F600}".repeat(LONG / 18)}") { id } }`, code: null },
  { name: "half of a pair, escaped", query: `{ session(id: "${"\\uD83D".repeat(1_000)}") { id } }`, code: UNREADABLE },
  { name: "escapes that are none", query: `{ session(id: "${"\\u{110000}"}") { id } }`, code: UNREADABLE },
  { name: "a long document of lines", query: `${"\n".repeat(LONG / 2)}{ ${list(100, (index) => `nothing${index}`)} }`, code: COMPLEX },
  { name: "as many lines as may be", query: `${"\n".repeat(4_900)}{ ${list(100, (index) => `nothing${index}`)} }`, code: INVALID },
  { name: "a long document of lines of text", query: `{ session(id: """${"\n  a".repeat(LONG / 5)}""") { id } }`, code: COMPLEX },
  { name: "a long document of comments", query: `#${"a".repeat(LONG)}\n{ nothing }`, code: INVALID },
  { name: "a long document of commas", query: `{ changeCursor ${",".repeat(LONG)} }`, code: null },
  { name: "a long document of quotes", query: `{ session(id: ${'"'.repeat(LONG / 2)}) { id } }`, code: UNREADABLE },
  { name: "a text without an end", query: `{ session(id: "${"a".repeat(LONG)}`, code: UNREADABLE },
  { name: "a long document of what is no GraphQL", query: "\u0000".repeat(LONG / 6), code: UNREADABLE },
  {
    name: "a long document of noise",
    query: randomBytes(LONG / 2)
      .toString("latin1")
      .replace(/[\n\r[\]{}()]/g, " "),
    code: UNREADABLE,
  },
  { name: "lists within lists", query: `{ nodes(ids: ${"[".repeat(199)}${"]".repeat(199)}) { id } }`, code: INVALID },
  { name: "lists deeper than any stack", query: `{ nodes(ids: ${"[".repeat(400_000)}${"]".repeat(400_000)}) { id } }`, code: COMPLEX },
  {
    name: "objects deeper than any stack",
    query: `{ sessions(filter: ${"{ search: ".repeat(50_000)}1${" }".repeat(50_000)}) { totalCount } }`,
    code: COMPLEX,
  },
  {
    name: "an object of wrong fields",
    query: `{ sessions(filter: { ${list(600, (index) => `serch${index}: 1`)} }) { totalCount } }`,
    code: INVALID,
  },
  {
    name: "values that an enum has not",
    query: `{ sessions(filter: { status: [${list(1_800, (index) => `RUNNIN${index}`)}] }) { totalCount } }`,
    code: INVALID,
  },
];

const OPERATIONS: readonly HostileRequest[] = [
  { name: "300 operations", query: list(300, (index) => `query Q${index} { changeCursor }`), code: "OPERATION_RESOLUTION_FAILURE" },
  {
    name: "300 operations, one of them meant",
    query: list(300, (index) => `query Q${index} { changeCursor }`),
    operationName: "Q299",
    code: null,
  },
  { name: "300 operations of one name", query: list(300, () => "query Q { changeCursor }"), operationName: "Q", code: INVALID },
  {
    name: "operations that all spread all fragments",
    query: `${list(120, (index) => `query Q${index} { ...F0 }`)} ${list(120, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F120 on Query { changeCursor }`,
    operationName: "Q0",
    code: null,
  },
  { name: "variables that nobody uses", query: `query (${list(450, (index) => `$v${index}: Int`)}) { changeCursor }`, code: INVALID },
  {
    name: "variables of types that are not there",
    query: `query (${list(450, (index) => `$v${index}: SessionFilterr${index}`)}) { changeCursor }`,
    code: INVALID,
  },
  {
    name: "one variable again and again",
    query: `query (${list(450, () => "$v: Int")}) { sessions(first: $v) { totalCount } }`,
    code: INVALID,
  },
  {
    name: "a name of a megabyte that no operation has",
    query: "query A { changeCursor } query B { changeCursor }",
    operationName: "a".repeat(MEGABYTE),
    code: "OPERATION_RESOLUTION_FAILURE",
  },
  {
    name: "a document of definitions alone",
    query: list(200, (index) => `type T${index} { a: Int }`),
    code: "OPERATION_RESOLUTION_FAILURE",
  },
  { name: "nothing but blanks", query: " ".repeat(LONG), code: UNREADABLE },
];

const PAGE = "query Q($filter: SessionFilter) { sessions(filter: $filter) { totalCount } }";
const NODES = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }";
const COUNT = "query Q($first: Int) { sessions(first: $first) { totalCount } }";
const START = "mutation M($input: SessionBulkInput!) { startSessions(input: $input) { acceptedCount userErrors { code } } }";
const nested = (opening: string, closing: string, depth: number) => `${opening.repeat(depth)}1${closing.repeat(depth)}`;

const VARIABLES: readonly HostileRequest[] = [
  {
    name: "lists deeper than any stack in variables",
    query: PAGE,
    variables: `{"filter":{"search":${nested("[", "]", 450_000)}}}`,
    code: INPUT,
  },
  {
    name: "objects deeper than any stack in variables",
    query: PAGE,
    variables: `{"filter":${nested('{"a":', "}", 140_000)}}`,
    code: INPUT,
  },
  {
    name: "lists deeper than any stack where a mutation wants an object",
    query: START,
    variables: `{"input":${nested("[", "]", 450_000)}}`,
    code: INPUT,
  },
  { name: "a deep variable that nobody uses", query: "{ changeCursor }", variables: `{"a":${nested("[", "]", 450_000)}}`, code: INPUT },
  { name: "60,000 wrong fields", query: PAGE, variables: `{"filter":{${list(60_000, (index) => `"serch${index}":1`, ",")}}}`, code: INPUT },
  {
    name: "200 wrong fields with long values",
    query: PAGE,
    variables: `{"filter":{${list(200, (index) => `"serch${index}":"${"x".repeat(4_400)}"`, ",")}}}`,
    code: INPUT,
  },
  {
    name: "60,000 variables that nobody declared",
    query: "{ changeCursor }",
    variables: `{${list(60_000, (index) => `"v${index}":1`, ",")}}`,
    code: INPUT,
  },
  { name: "300,000 ids", query: NODES, variables: `{"ids":[${list(300_000, () => "1", ",")}]}`, code: INPUT },
  { name: "300,000 ids that are none", query: NODES, variables: `{"ids":[${list(300_000, () => "{}", ",")}]}`, code: INPUT },
  { name: "9,000 ids that are none", query: NODES, variables: `{"ids":[${list(9_000, () => '{"a":[1]}', ",")}]}`, code: INPUT },
  {
    name: "300,000 sessions to start",
    query: START,
    variables: `{"input":{"selection":{"ids":[${list(300_000, () => "1", ",")}]}}}`,
    code: INPUT,
  },
  {
    name: "300,000 values that an enum has not",
    query: PAGE,
    variables: `{"filter":{"status":[${list(300_000, () => '""', ",")}]}}`,
    code: INPUT,
  },
  { name: "a number of a megabyte of digits", query: COUNT, variables: `{"first":${"9".repeat(MEGABYTE)}}`, code: INPUT },
  { name: "a number beyond all in a variable", query: COUNT, variables: '{"first":1e400}', code: INPUT },
  { name: "a megabyte of text for a number in a variable", query: COUNT, variables: `{"first":"${"x".repeat(MEGABYTE)}"}`, code: INPUT },
  {
    name: "a megabyte of what a suggestion begins with in a variable",
    query: COUNT,
    variables: `{"first":"${" Did you mean ".repeat(MEGABYTE / 14)}"}`,
    code: INPUT,
  },
  {
    name: "a megabyte of what a reason begins with in a variable",
    query: COUNT,
    variables: `{"first":"${"; Field ".repeat(MEGABYTE / 8)}"}`,
    code: INPUT,
  },
  { name: "a megabyte of quotes in a variable", query: COUNT, variables: `{"first":"${'\\"'.repeat(MEGABYTE / 4)}"}`, code: INPUT },
  { name: "a megabyte of a name in a variable", query: PAGE, variables: `{"filter":{"${"a".repeat(MEGABYTE)}":1}}`, code: INPUT },
  {
    name: "the prototype of everything",
    query: PAGE,
    variables: '{"filter":{"__proto__":{"search":"x"},"constructor":{"prototype":{}}}}',
    code: INPUT,
  },
  { name: "a megabyte of half pairs", query: PAGE, variables: `{"filter":{"search":"${"\\ud800".repeat(MEGABYTE / 6)}"}}`, code: INPUT },
];

/** Each of them is at most a megabyte, and at most 2,000 tokens unless that is the point of it. */
export const HOSTILE_REQUESTS: readonly HostileRequest[] = [...FRAGMENTS, ...FIELDS, ...TEXTS, ...OPERATIONS, ...VARIABLES];

export function bodyOf({ query, variables, operationName }: HostileRequest): string {
  const name = operationName === undefined ? "" : `,"operationName":${JSON.stringify(operationName)}`;
  return `{"query":${JSON.stringify(query)}${name}${variables === undefined ? "" : `,"variables":${variables}`}}`;
}
