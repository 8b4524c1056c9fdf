import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_LIMIT } from "./connection.ts";

/** Most objects that one operation may come to. */
export const COST_LIMIT = 10_000;

/** As many ids as a bulk call takes; more are refused where the call is parsed, with a better answer. */
const BULK_IDS_LIMIT = 10_000;
/** Lists whose length follows from the input, up to what one call takes. */
const LIMITED_LISTS: ReadonlyMap<string, number> = new Map([
  ["AlertsPayload.alerts", 1_000],
  ["ProcessesPayload.processes", 1_000],
]);
/** What is assumed of a bulk call by filter that does not say how many sessions it expects. */
const BULK_FILTER_ESTIMATE = 1_000;
/** Rows of an import that its answer lists. */
const IMPORT_ROWS_LIMIT = 1_000;
/** A subscription is executed for each item; items come in bursts as long as a page. */
const SUBSCRIPTION_BURST = PAGE_SIZE_DEFAULT;
/** Of a list that nothing is known about. */
const OTHER_LIST_ESTIMATE = 10;

/**
 * The lists through which a selection can come back to where it was, with their lengths within themselves, where an estimate that is a
 * little low grows with every turn: as many as there can be, or hardly ever are.
 */
const RECURRING_LISTS: ReadonlyMap<string, number> = new Map([
  ["Session.playbacks", 20],
  ["Session.processes", 100],
]);
/** What one setting of processes without targets comes to. */
const SYNCED_PROCESSES_ESTIMATE = 20;

/** An export reads everything of the sessions that it finds, however few fields are asked for. */
export const EXPORT_COST = 1_000;

/** Usual lengths of lists that take no page size. */
const LIST_ESTIMATES: ReadonlyMap<string, number> = new Map([
  ["Session.playbacks", 5],
  ["Session.processes", 5],
  ["Template.renditions", 5],
  ["Playback.addresses", 5],
  ["Session.streamRemap", 5],
  ["Query.encoders", 50],
  ["ChangeDigest.sessions", 100],
]);

/** Lists whose length follows from the mutation's input. */
const INPUT_SIZED_LISTS: ReadonlySet<string> = new Set([
  "SessionBulkPayload.results",
  "CreateSessionsPayload.sessions",
  "ImportSessionsCsvPayload.sessions",
]);

/** Objects that are more work than others. */
const OWN_COSTS: ReadonlyMap<string, number> = new Map([["Query.exportSessionsCsv", EXPORT_COST]]);

const CONNECTION = /Connection$/;
const PAGE_LIST = /Connection\.(nodes|edges)$/;
/** Objects that are counted with what they wrap, and sessions that are counted with the id or row which they belong to. */
const FREE_TYPES = /(Connection|Edge|Payload|^PageInfo|Error|^CsvSkippedRow)$/;
const FREE_FIELDS: ReadonlySet<string> = new Set(["SessionBulkResult.session", "CsvImportedSession.session"]);

export interface CostRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** What an operation is counted with. */
interface Counting {
  readonly schema: GraphQLSchema;
  /** Of variables, their defaults among them. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** What fragments came to, by their name and place. */
  readonly known: Map<string, number>;
}

/** Where a selection stands. */
interface Place {
  readonly isWithinRecurringList: boolean;
  /** Length of the lists that the enclosing mutation's input decides. */
  readonly inputSize: number;
}

/**
 * About how many objects a validated operation answers with, its page sizes multiplied: with the variables that it came with, so that
 * it has to be asked on every request. A fragment is looked at once for each kind of place, however often it is spread.
 */
export function costOf({ schema, document, operation, variables }: CostRequest): number {
  const counting: Counting = {
    schema,
    values: { ...defaultsOf(operation), ...variables },
    fragments: new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    ),
    known: new Map(),
  };
  const root = schema.getRootType(operation.operation) ?? undefined;
  const cost = ofSelections(counting, operation.selectionSet, root, { isWithinRecurringList: false, inputSize: 1 });
  return operation.operation === OperationTypeNode.SUBSCRIPTION ? SUBSCRIPTION_BURST * cost : cost;
}

type Type = GraphQLNamedType | undefined;

function ofSelections(counting: Counting, selectionSet: SelectionSetNode | undefined, type: Type, place: Place): number {
  return (selectionSet?.selections ?? []).reduce((sum, selection) => sum + ofSelection(counting, selection, type, place), 0);
}

function ofSelection(counting: Counting, selection: SelectionNode, type: Type, place: Place): number {
  if (selection.kind === Kind.FIELD) return ofField(counting, selection, type, place);
  if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(counting, selection.name.value, place);
  const condition = selection.typeCondition?.name.value;
  return ofSelections(counting, selection.selectionSet, condition === undefined ? type : counting.schema.getType(condition), place);
}

function ofFragment(counting: Counting, name: string, place: Place): number {
  const fragment = counting.fragments.get(name);
  if (!fragment) return 0;
  const key = `${name} ${place.isWithinRecurringList} ${place.inputSize}`;
  const known = counting.known.get(key);
  if (known !== undefined) return known;
  const cost = ofSelections(counting, fragment.selectionSet, counting.schema.getType(fragment.typeCondition.name.value), place);
  counting.known.set(key, cost);
  return cost;
}

/** Introspection and what is no object cost nothing. */
function ofField(counting: Counting, node: FieldNode, parent: Type, place: Place): number {
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
  const type = field && getNamedType(field.type);
  if (!parent || !field || !isCompositeType(type)) return 0;
  const name = `${parent.name}.${field.name}`;
  const inner: Place = {
    isWithinRecurringList: place.isWithinRecurringList || RECURRING_LISTS.has(name),
    inputSize: parent === counting.schema.getMutationType() ? inputSize(argument(counting, node, "input")) : place.inputSize,
  };
  const own = FREE_TYPES.test(type.name) || FREE_FIELDS.has(name) ? 0 : (OWN_COSTS.get(name) ?? 1);
  const length = CONNECTION.test(type.name)
    ? pageSize(counting, node)
    : isListType(getNullableType(field.type))
      ? listLength(counting, node, name, place)
      : 1;
  return length * (own + ofSelections(counting, node.selectionSet, type, inner));
}

function listLength(counting: Counting, node: FieldNode, name: string, place: Place): number {
  // The page size stands with the connection.
  if (PAGE_LIST.test(name)) return 1;
  if (INPUT_SIZED_LISTS.has(name)) return place.inputSize;
  const limit = LIMITED_LISTS.get(name);
  if (limit !== undefined) return Math.min(place.inputSize, limit);
  if (name === "Query.nodes") return listSize(argument(counting, node, "ids"));
  const recurring = place.isWithinRecurringList ? RECURRING_LISTS.get(name) : undefined;
  return recurring ?? LIST_ESTIMATES.get(name) ?? OTHER_LIST_ESTIMATE;
}

/** Sizes out of range are refused by the list itself, which says so. */
function pageSize(counting: Counting, node: FieldNode): number {
  const size = argument(counting, node, "first") ?? argument(counting, node, "last") ?? PAGE_SIZE_DEFAULT;
  return typeof size === "number" ? Math.min(Math.max(size, 1), PAGE_SIZE_LIMIT) : PAGE_SIZE_DEFAULT;
}

/** How many sessions, alerts or processes a mutation answers about. */
function inputSize(input: unknown): number {
  const { selection, sessions, settings, csv, expectedCount, ids: named } = asRecord(input);
  if (Array.isArray(named)) return Math.min(named.length, BULK_IDS_LIMIT);
  if (sessions !== undefined) return Math.min(listSize(sessions), BULK_IDS_LIMIT);
  if (Array.isArray(settings)) return settings.reduce<number>((sum, setting) => sum + processCount(setting), 0);
  if (typeof csv === "string") return Math.min(csv.split(/[\r\n]+/, IMPORT_ROWS_LIMIT).length, IMPORT_ROWS_LIMIT);
  // A call that finds another number of sessions than it expects is refused.
  if (typeof expectedCount === "number") return Math.min(Math.max(expectedCount, 0), BULK_IDS_LIMIT);
  const { ids } = asRecord(selection);
  return Array.isArray(ids) ? Math.min(ids.length, BULK_IDS_LIMIT) : BULK_FILTER_ESTIMATE;
}

function processCount(setting: unknown): number {
  const { targets } = asRecord(setting);
  return targets === null || targets === undefined ? SYNCED_PROCESSES_ESTIMATE : listSize(targets);
}

/** GraphQL takes a single value for a list of one. */
function listSize(value: unknown): number {
  return Array.isArray(value) ? value.length : 1;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function argument({ values }: Counting, node: FieldNode, name: string): unknown {
  const given = node.arguments?.find((each) => each.name.value === name);
  return given && valueFromASTUntyped(given.value, values);
}

function defaultsOf({ variableDefinitions }: OperationDefinitionNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const] : [],
    ),
  );
}
