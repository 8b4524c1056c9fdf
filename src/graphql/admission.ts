import {
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { Actor } from "../access/actor.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { COST_LIMIT, costOf } from "./cost.ts";
import { findUncleanText } from "./text-hygiene.ts";

/** Most lexical tokens of a document; parsing stops there. */
export const TOKEN_LIMIT = 2_000;
const DEPTH_LIMIT = 12;
const ALIAS_LIMIT = 30;
const ROOT_MUTATION_LIMIT = 10;

export interface AdmissionRequest {
  readonly schema: GraphQLSchema;
  readonly actor: Actor;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
  /** Charged with what the operation costs, once nothing else speaks against it. */
  readonly budget: CallBudget;
  /** `http` takes queries and mutations, `socket` subscriptions. */
  readonly transport: "http" | "socket";
}

/**
 * Decides for every transport alike whether an operation may run, before any of it does; throws a `Fault` when it may not.
 * Looks at the variables too and runs on every request: a check at validation is skipped for documents that were seen before.
 */
export function admit(request: AdmissionRequest): void {
  const { actor, document, operation, variables, transport } = request;
  const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
  if (isSubscription !== (transport === "socket")) {
    throw new Fault(
      FaultCode.OPERATION_NOT_ALLOWED,
      isSubscription
        ? "Subscribe over a WebSocket (graphql-transport-ws) at this address."
        : "Send queries and mutations over HTTP; the WebSocket is for subscriptions.",
    );
  }
  assertShape(document, operation, actor);
  const cost = assertCost(request);
  // Inputs of mutations are checked where they are parsed, so that the answer can name the field.
  if (operation.operation !== OperationTypeNode.MUTATION) assertCleanText(document, variables);
  request.budget.charge(cost);
}

function assertShape(document: DocumentNode, operation: OperationDefinitionNode, actor: Actor): void {
  const { depth, aliases, fields, names } = measure(document, operation);
  if ([...INTROSPECTION_FIELDS].some((name) => names.has(name)) && !actor.canIntrospect) {
    throw new Fault(FaultCode.OPERATION_NOT_ALLOWED, "This credential does not include reading the schema.");
  }
  // Tools ask deeper into the schema than any operation should into the data.
  const isIntrospectionOnly = [...names].every((name) => name.startsWith(META_FIELD_PREFIX));
  if (!isIntrospectionOnly && depth > DEPTH_LIMIT) throw tooComplex(`at most ${DEPTH_LIMIT} levels deep`);
  if (aliases > ALIAS_LIMIT) throw tooComplex(`with at most ${ALIAS_LIMIT} aliases`);
  if (operation.operation === OperationTypeNode.MUTATION && fields > ROOT_MUTATION_LIMIT)
    throw tooComplex(`of at most ${ROOT_MUTATION_LIMIT} mutations`);
}

function assertCost(request: AdmissionRequest): number {
  const cost = costOf(request);
  if (cost > COST_LIMIT) {
    const [limit, asked] = [COST_LIMIT, cost].map((count) => count.toLocaleString("en"));
    throw tooComplex(`that asks for at most ${limit} objects: this one can come to ${asked}. Ask for smaller pages or fewer levels`);
  }
  return cost;
}

const META_FIELD_PREFIX = "__";
const INTROSPECTION_FIELDS = ["__schema", "__type"] as const;

function tooComplex(limit: string): Fault {
  return new Fault(FaultCode.QUERY_TOO_COMPLEX, `Send a document ${limit}.`);
}

function assertCleanText(document: DocumentNode, variables: AdmissionRequest["variables"]): void {
  const [unclean] = findUncleanText(variables ?? {}, ["variables"]);
  if (unclean) throw new Fault(FaultCode.BAD_USER_INPUT, `${unclean.path.join(".")}: ${unclean.message}`);
  visit(document, {
    [Kind.STRING](node) {
      const [unclean] = findUncleanText(node.value, []);
      if (unclean) throw new Fault(FaultCode.BAD_USER_INPUT, unclean.message);
    },
  });
}

/** What a selection comes to, with its fragments counted as often as they are spread. */
interface Shape {
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
  /** Fields of the selection itself, fragments opened. */
  readonly names: ReadonlySet<string>;
}

const NOTHING: Shape = { depth: 0, aliases: 0, fields: 0, names: new Set() };

/** Measures an operation. Each fragment is looked at once: fragments that spread each other twice would else double the work at every level. */
function measure(document: DocumentNode, operation: OperationDefinitionNode): Shape {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  );
  const known = new Map<string, Shape>();

  function ofFragment(name: string): Shape {
    const shape = known.get(name);
    if (shape) return shape;
    known.set(name, NOTHING);
    const measured = ofSelections(fragments.get(name));
    known.set(name, measured);
    return measured;
  }

  function ofSelection(selection: SelectionNode): Shape {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSelections(selection.selectionSet);
    const inner = ofSelections(selection.selectionSet);
    const aliases = inner.aliases + (selection.alias ? 1 : 0);
    return { depth: inner.depth + 1, aliases, fields: 1, names: new Set([selection.name.value]) };
  }

  function ofSelections(selectionSet: SelectionSetNode | undefined): Shape {
    const shapes = (selectionSet?.selections ?? []).map(ofSelection);
    return {
      depth: Math.max(0, ...shapes.map(({ depth }) => depth)),
      aliases: shapes.reduce((sum, { aliases }) => sum + aliases, 0),
      fields: shapes.reduce((sum, { fields }) => sum + fields, 0),
      names: new Set(shapes.flatMap(({ names }) => [...names])),
    };
  }

  return ofSelections(operation.selectionSet);
}

/** Brackets that stand open at a time in a document: far more than any has, and far fewer than the parser's stack takes. */
const NESTING_LIMIT = 400;

/** Refuses a document that the parser would not come back from; looked at before it is parsed. */
export function refuseDeepText(document: unknown): void {
  if (typeof document !== "string" || document.length <= NESTING_LIMIT) return;
  let open = 0;
  for (const [bracket] of document.matchAll(/[[\]{}()]/g)) {
    open += "[{(".includes(bracket) ? 1 : -1;
    if (open > NESTING_LIMIT) throw new Fault(FaultCode.QUERY_TOO_COMPLEX, "The document is nested too deeply.");
  }
}
