import { Kind, OperationTypeNode, visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import type { Actor } from "../access/actor.ts";
import { isPermitted, OPEN_TO_ANYBODY, OPEN_TO_ATTENDEES } from "../access/level.rules.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { checkDocument } from "./check-document.ts";
import { COST_LIMIT, costOf } from "./cost.ts";
import { shapeOf } from "./document-shape.ts";
import { tooComplex } from "./document-text.ts";
import { introspectionCostOf, introspectionLimit } from "./introspection-cost.ts";
import { refuseLongMisfits } from "./long-misfits.ts";
import { findUncleanText } from "./text-hygiene.ts";
import { refuseHeavyVariables } from "./variables.ts";

const DEPTH_LIMIT = 12;
const ALIAS_LIMIT = 30;
const DIRECTIVE_LIMIT = 5;
const ROOT_MUTATION_LIMIT = 10;
/** Objects of introspection that cost one point: they come out of memory. */
const INTROSPECTED_PER_POINT = 100;

const META_FIELD_PREFIX = "__";
const INTROSPECTION_FIELDS = ["__schema", "__type"] as const;

export interface AdmissionRequest {
  readonly schema: GraphQLSchema;
  readonly actor: Actor;
  /** As it was parsed; not validated yet. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
  /** Charged with what the operation costs, once nothing else speaks against it. */
  readonly budget: CallBudget;
  /** `http` takes queries and mutations, `stream` (a WebSocket or server-sent events) subscriptions. */
  readonly transport: "http" | "stream";
}

/**
 * Decides for every transport alike whether an operation may run, before any of it does; throws a `Fault` or an `InvalidDocument` when
 * it may not. What is cheap to find out comes first: validation itself can be kept busy. It looks at the variables too and runs on
 * every request, since a check at validation alone is skipped for documents that were seen before.
 */
export function admit(request: AdmissionRequest): void {
  assertTransport(request);
  const { introspects } = assertShape(request);
  checkDocument(request.schema, request.document, request.actor);
  refuseHeavyVariables(request.variables);
  refuseLongMisfits(request.schema, request.operation, request.variables);
  const cost = assertCost(request) + (introspects ? assertIntrospectionCost(request) : 0);
  // Inputs of mutations are checked where they are parsed, so that the answer can name the field.
  if (request.operation.operation !== OperationTypeNode.MUTATION) assertCleanText(request.document, request.variables);
  request.budget.charge(cost);
}

function assertTransport({ operation, transport }: AdmissionRequest): void {
  const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
  if (isSubscription === (transport === "stream")) return;
  throw new Fault(
    FaultCode.OPERATION_NOT_ALLOWED,
    isSubscription
      ? "Subscribe over a WebSocket (graphql-transport-ws) at this address, or over server-sent events at /graphql/stream."
      : "Send queries and mutations over HTTP to /graphql; WebSockets and event streams are for subscriptions.",
  );
}

function assertShape({ document, operation, actor }: AdmissionRequest): { readonly introspects: boolean } {
  const { depth, aliases, directives, rootFields, rootNames } = shapeOf(document, operation);
  if (!isPermitted(actor.accessLevel, "read")) assertOpen(operation, rootNames, actor);
  const introspects = INTROSPECTION_FIELDS.some((name) => rootNames.has(name));
  if (introspects && !actor.canIntrospect) {
    throw new Fault(
      FaultCode.OPERATION_NOT_ALLOWED,
      "This credential does not include reading the schema. Use one with canIntrospect, or read schema.graphql.",
    );
  }
  // Tools ask deeper into the schema than any operation should into the data.
  const isIntrospectionOnly = introspects && [...rootNames].every((name) => name.startsWith(META_FIELD_PREFIX));
  if (!isIntrospectionOnly && depth > DEPTH_LIMIT) throw tooComplex(`at most ${DEPTH_LIMIT} levels deep`);
  if (aliases > ALIAS_LIMIT) throw tooComplex(`with at most ${ALIAS_LIMIT} aliases`);
  if (directives > DIRECTIVE_LIMIT) throw tooComplex(`with at most ${DIRECTIVE_LIMIT} directives`);
  if (operation.operation === OperationTypeNode.MUTATION && rootFields > ROOT_MUTATION_LIMIT)
    throw tooComplex(`of at most ${ROOT_MUTATION_LIMIT} mutations`);
  return { introspects };
}

/** To who has no level. */
function assertOpen({ operation }: OperationDefinitionNode, names: ReadonlySet<string>, { credential }: Actor): void {
  const isAttendee = credential.kind === "ATTENDEE";
  const open = (isAttendee ? OPEN_TO_ATTENDEES : OPEN_TO_ANYBODY)[operation];
  if ([...names].every((name) => name.startsWith(META_FIELD_PREFIX) || open.includes(name))) return;
  if (isAttendee) throw new Fault(FaultCode.FORBIDDEN, "This is not open to attendees of an event.");
  throw new Fault(FaultCode.UNAUTHENTICATED, "Without a credential only joinEvent may be called.");
}

function assertCost(request: AdmissionRequest): number {
  const cost = costOf(request);
  if (cost > COST_LIMIT) {
    const [limit, asked] = [COST_LIMIT, cost].map((count) => count.toLocaleString("en"));
    throw tooComplex(`that asks for at most ${limit} objects: this one can come to ${asked}. Ask for smaller pages or fewer levels`);
  }
  return cost;
}

function assertIntrospectionCost({ schema, document, operation }: AdmissionRequest): number {
  const cost = introspectionCostOf(schema, document, operation);
  if (cost > introspectionLimit(schema)) throw tooComplex("that asks for no more of the schema than the standard introspection query does");
  return Math.ceil(cost / INTROSPECTED_PER_POINT);
}

/** Documents whose texts were looked at, and are clean. */
const clean = new WeakSet<DocumentNode>();

function assertCleanText(document: DocumentNode, variables: AdmissionRequest["variables"]): void {
  const [unclean] = findUncleanText(variables ?? {}, ["variables"]);
  if (unclean) throw new Fault(FaultCode.BAD_USER_INPUT, `${unclean.path.join(".")}: ${unclean.message}`);
  if (clean.has(document)) return;
  visit(document, {
    [Kind.STRING](node) {
      const [unclean] = findUncleanText(node.value, []);
      if (unclean) throw new Fault(FaultCode.BAD_USER_INPUT, unclean.message);
    },
  });
  clean.add(document);
}
