import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from "@opentelemetry/api";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { DatabaseObserver } from "../database/observer.ts";
import { findFault, sqlState } from "../database/sql-state.ts";
import type { Route } from "./http.meters.ts";
import { createStatementNames } from "./statement-name.rules.ts";

/**
 * Spans of a trace: a request, its operation, its transactions and statements. Until `startTracing` was called they cost next to nothing:
 * the API hands out spans that do nothing. Attributes are of closed lists: paths hold tokens, documents and variables hold secrets.
 */
const tracer = trace.getTracer("headend");

/** Longest name of an operation that a span takes over. */
const NAME_LIMIT = 80;

/** Runs an HTTP request in a span of its own, below that of the caller's `traceparent`; it ends with the last byte of the answer. */
export function inRequestSpan<T>(exchange: RequestExchange, run: () => Promise<T>): Promise<T> {
  const { request, response, route, requestId } = exchange;
  const method = request.method ?? "GET";
  const attributes = { "http.request.method": method, "http.route": route, "headend.request_id": requestId };
  const caller = propagation.extract(ROOT_CONTEXT, request.headers);
  return tracer.startActiveSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, caller, (span) => {
    if (span.isRecording()) {
      response.once("close", () => {
        if (response.headersSent) span.setAttribute("http.response.status_code", response.statusCode);
        if (response.statusCode >= 500 || !response.headersSent) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
    }
    return run();
  });
}

export interface RequestExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly requestId: string;
}

/** Runs an operation in a span; it is named once the document is understood. */
export function inOperationSpan<T>(run: () => Promise<T>): Promise<T> {
  return inSpan("graphql", SpanKind.INTERNAL, {}, run);
}

/** Runs what goes on for long after a request was answered, and belongs to no trace any more. */
export function outsideSpans<T>(run: () => Promise<T>): Promise<T> {
  return context.with(ROOT_CONTEXT, run);
}

/** Names the operation's span, in which this runs. */
export function nameOperationSpan(type: string, name: string | undefined): void {
  const span = trace.getActiveSpan();
  if (!span?.isRecording()) return;
  const shown = name?.slice(0, NAME_LIMIT);
  span.updateName(shown === undefined ? type : `${type} ${shown}`);
  span.setAttribute("graphql.operation.type", type);
  if (shown !== undefined) span.setAttribute("graphql.operation.name", shown);
}

/** Notes the code of an operation's first error at its span, in which this runs. */
export function failOperationSpan(code: string): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording()) fail(span, code);
}

/** Names the trace in log lines; null outside of one that is recorded. */
export function activeTraceId(): string | null {
  const span = trace.getActiveSpan();
  return span?.isRecording() ? span.spanContext().traceId : null;
}

/**
 * What else sees a database, and spans around it. What nobody asked for, such as heartbeats, makes no traces, and neither does what goes
 * on after the span that it began in has ended, such as what subscribers are shown.
 */
export function withSpans(observer: DatabaseObserver): DatabaseObserver {
  const nameOf = createStatementNames();
  return {
    ...observer,
    statement(text, run) {
      if (!trace.getActiveSpan()?.isRecording()) return observer.statement(text, run);
      const name = nameOf(text);
      const attributes = { "db.system.name": "postgresql", "db.query.summary": name };
      return inSpan(name, SpanKind.CLIENT, attributes, () => observer.statement(text, run));
    },
    transaction(name, run) {
      if (!trace.getActiveSpan()?.isRecording()) return observer.transaction(name, run);
      const attributes = { "db.system.name": "postgresql", "headend.transaction": name };
      return inSpan(`transaction ${name}`, SpanKind.INTERNAL, attributes, () => observer.transaction(name, run));
    },
  };
}

function inSpan<T>(name: string, kind: SpanKind, attributes: Attributes, run: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, { kind, attributes }, context.active(), async (span) => {
    try {
      return await run();
    } catch (error) {
      fail(span, findFault(error)?.code ?? sqlState(error) ?? "OTHER");
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Codes alone: messages may quote values. */
function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}
