import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { REQUEST_BUCKETS } from "./http.meters.ts";

/** An operation as figures name it: `name` is one of a closed list, whatever callers write. */
export interface MeteredOperation {
  readonly type: "query" | "mutation" | "subscription" | "unknown";
  readonly name: string;
}

/** A document that could not be read, or asks for nothing that there is. */
export const UNREADABLE: MeteredOperation = { type: "unknown", name: "unreadable" };

export interface OperationMeters {
  /** An operation was answered; `code`: that of its first error, null without one. A subscription is answered when it has begun. */
  readonly answered: (operation: MeteredOperation, code: string | null, startedAt: number) => void;
  /** A query over HTTP was admitted, and is answered by one statement, or by the resolvers since something in it is not mapped. */
  readonly answeredBy: (path: "statement" | "resolvers") => void;
  /** Top-level errors of an answer, on every transport: refusals, and what failed on our side. */
  readonly erred: (codes: readonly string[]) => void;
  /** Refusals that a verb gave in `userErrors`. */
  readonly refused: (codes: readonly string[]) => void;
  /** A subscription has begun; gives what is to be called at its end. */
  readonly subscribed: (operation: MeteredOperation) => () => void;
}

export function createOperationMeters(registry: Registry): OperationMeters {
  const registers = [registry];
  const operations = new Counter({
    name: "headend_operations_total",
    help: "GraphQL operations that were answered, by type, name and the code of the first error, OK without one.",
    labelNames: ["type", "operation", "code"],
    registers,
  });
  const durations = new Histogram({
    name: "headend_operation_duration_seconds",
    help: "Of queries and mutations, from the request to the answer; of subscriptions, until they have begun.",
    labelNames: ["type", "operation"],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const paths = new Counter({
    name: "headend_query_paths_total",
    help: "Queries over HTTP, by what answers them: one statement for the whole, or the resolvers.",
    labelNames: ["path"],
    registers,
  });
  const errors = new Counter({
    name: "headend_errors_total",
    help: "Errors at the top level of answers over HTTP, WebSocket and server-sent events, by code.",
    labelNames: ["code"],
    registers,
  });
  const userErrors = new Counter({
    name: "headend_user_errors_total",
    help: "Refusals of verbs in `userErrors`, by code.",
    labelNames: ["code"],
    registers,
  });
  const subscriptions = new Gauge({
    name: "headend_subscriptions",
    help: "Subscriptions that are open, by name.",
    labelNames: ["operation"],
    registers,
  });

  return {
    answered({ type, name }, code, startedAt) {
      operations.inc({ type, operation: name, code: code ?? "OK" });
      durations.observe({ type, operation: name }, (performance.now() - startedAt) / 1_000);
    },
    answeredBy(path) {
      paths.inc({ path });
    },
    erred(codes) {
      for (const code of codes) errors.inc({ code });
    },
    refused(codes) {
      for (const code of codes) userErrors.inc({ code });
    },
    subscribed({ name }) {
      // Not `labels`: what that makes would be kept for as long as each of thousands is open.
      subscriptions.inc({ operation: name });
      let isOpen = true;
      return () => {
        if (isOpen) subscriptions.dec({ operation: name });
        isOpen = false;
      };
    },
  };
}
