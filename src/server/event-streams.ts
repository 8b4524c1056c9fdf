import type { GraphQLError } from "graphql";
import Negotiator from "negotiator";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { isInterruption } from "../changes/patience.ts";
import { ERROR_STATUS, type ErrorCode } from "../graphql/errors.ts";
import { MEDIA_TYPES } from "../graphql/media-type.ts";
import { presentErrors } from "../graphql/present-errors.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { RunningSubscription } from "../graphql/run-subscription.ts";
import type { SubscriptionParameters } from "../graphql/subscribe.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import { networkOf } from "../limits/guess-guard.ts";
import { outsideSpans } from "../observability/spans.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { deliver } from "./deliver.ts";
import { addressOf, contextFor, type Gateway } from "./gateway.ts";
import { answerFault, MethodNotAllowed, NotAcceptable } from "./graphql-http.ts";
import { readOperation } from "./graphql-request.ts";
import { holdSlot } from "./hold-slot.ts";
import { openSubscription } from "./open-subscription.ts";
import { textFrame, type Outlet } from "./outlet.ts";
import { writeRateLimit } from "./rate-limit-headers.ts";
import type { Streaming } from "./streaming.ts";

/** Where subscriptions are had without a WebSocket. */
export const STREAM_PATH = "/graphql/stream";
const MEDIA_TYPE = "text/event-stream";

/** Nobody on the way may keep, change, or gather what is sent: `x-accel-buffering` says so to nginx, `no-transform` to who compresses. */
const HEADERS = {
  "content-type": `${MEDIA_TYPE}; charset=utf-8`,
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** A line that says nothing, by which proxies and clients see that the stream is alive. */
const COMMENT = ":\n\n";
/** Before each answer. */
const NEXT = "event: next\ndata: ";
/** Behind each. */
const BLANK_LINE = Buffer.from("\n\n");
/** Behind the last answer; a client that was not sent it comes back and goes on where it was. */
const COMPLETE = "event: complete\ndata: \n\n";

/** Longest wait, at the end, for readers to take what was sent to them, and then for their connections to take the end. */
const DRAIN_MILLISECONDS = 3_000;
const CLOSE_DEADLINE_MILLISECONDS = 1_000;

export interface EventStreams {
  /** Answers `POST /graphql/stream`: one subscription, by the distinct connections mode of GraphQL over server-sent events. */
  readonly answer: (exchange: Exchange) => Promise<void>;
  /** Takes no more streams; ends every one when what was sent to it is taken, or cannot be waited for any longer. */
  readonly close: () => Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

interface Stream {
  readonly response: ServerResponse;
  readonly outlet: Outlet;
}

/** Not by the protocol's library: it makes text of each answer for each reader, and waits for no reader that is slow. */
export function serveEventStreams(gateway: Gateway, streaming: Streaming): EventStreams {
  const open = new Set<Stream>();
  let isClosing = false;

  async function answer({ request, response, requestId }: Exchange): Promise<void> {
    let budget: CallBudget | null = null;
    try {
      if (isClosing) throw new Fault(FaultCode.SERVICE_UNAVAILABLE, "This gateway ends. Try again in a moment.");
      holdConnection(gateway, request, response);
      const { authorization = null } = request.headers;
      const context = await contextFor(gateway, { request, authorization, requestId });
      budget = context.budget;
      budget.begin();
      const subscribed = await subscribe({ gateway, context, request, response, requestId });
      if (!("run" in subscribed)) return answerErrors(context, response, subscribed);
      writeRateLimit(response, budget, context.clock.now());
      await run(context, response, subscribed);
    } catch (error) {
      writeRateLimit(response, budget, gateway.base.clock.now());
      answerFault({ gateway, request, response, requestId, isPlainHttp: true }, error);
    }
  }

  /** Resolves when the stream is over. Never rejects. */
  async function run(context: RequestContext, response: ServerResponse, subscription: RunningSubscription): Promise<void> {
    // Who left meanwhile has closed already, and nobody would end the subscription.
    if (response.destroyed || isClosing) {
      subscription.close();
      return void response.destroy();
    }
    const stream = openStream(context, response);
    response.writeHead(200, HEADERS);
    stream.outlet.send(textFrame(COMMENT), false);
    try {
      await outsideSpans(() => deliver(subscription, stream.outlet, (answer) => ({ start: NEXT, shared: answer, end: BLANK_LINE })));
      stream.outlet.send(textFrame(COMPLETE), true);
    } catch (error) {
      if (!isInterruption(error)) context.log.error({ err: error }, "an event stream failed");
    }
    await stream.outlet.finish();
    endResponse(response);
  }

  /** Ties the response to an outlet, and both to the caller's credential, until the connection ends. */
  function openStream({ actor }: RequestContext, response: ServerResponse): Stream {
    const outlet = streaming.outlets.open({
      write({ start, shared, end }, onTaken) {
        response.write(Buffer.concat([Buffer.from(start), shared, end]), onTaken);
        return false;
      },
      unsent: () => response.writableLength,
      giveUp: () => response.destroy(),
    });
    const stream = { response, outlet };
    open.add(stream);
    const stopPinging = streaming.keepAlive.add(() => outlet.send(textFrame(COMMENT), true));
    // Whoever comes back is told 401.
    const unwatch = streaming.credentials.add(actor, () => {
      outlet.end();
      endResponse(response);
    });
    const streamClosed = gateway.metrics.http.stream();
    response.once("close", () => {
      open.delete(stream);
      outlet.end();
      stopPinging();
      unwatch();
      streamClosed();
    });
    return stream;
  }

  return {
    answer,
    async close() {
      isClosing = true;
      await Promise.all([...open].map(restart));
    },
  };
}

/** One of a request's own: behind another one's answer it would be held back, and nobody would be told when the connection ends. */
function holdConnection(gateway: Gateway, request: IncomingMessage, response: ServerResponse): void {
  if (response.socket === null) throw new Fault(FaultCode.BAD_REQUEST, "Wait for the answer to the request before this one.");
  if (!holdSlot(response, gateway.limits.connectionsOfAddress, networkOf(addressOf(gateway, request)))) throw tooMany("address");
}

function tooMany(holder: "address" | "credential"): Fault {
  return new Fault(FaultCode.RATE_LIMITED, `Too many connections of this ${holder}. End some, then subscribe again.`);
}

interface Asking extends Exchange {
  readonly gateway: Gateway;
  readonly context: RequestContext;
}

/** By the same admission as over a WebSocket. Throws the fault, or gives the errors, by which it is refused. */
async function subscribe({ gateway, context, request, response }: Asking): Promise<RunningSubscription | readonly GraphQLError[]> {
  if (request.method !== "POST") {
    response.setHeader("allow", "POST");
    throw new MethodNotAllowed(FaultCode.BAD_REQUEST, "Subscribe with POST.");
  }
  const { accept } = request.headers;
  if (accept !== undefined && new Negotiator({ headers: { accept } }).mediaType([MEDIA_TYPE]) === undefined) {
    throw new NotAcceptable(FaultCode.BAD_REQUEST, `Answers are a stream of events: accept ${MEDIA_TYPE}.`);
  }
  const parameters = readParameters(await readOperation(request));
  if (!holdSlot(response, gateway.limits.connectionsOfCaller, context.actor.callerId)) throw tooMany("credential");
  const prepared = gateway.subscriptions.prepare({ context, parameters, isBegun: true });
  if (!("schema" in prepared)) return prepared;
  const subscribed = await openSubscription(gateway, prepared);
  return "run" in subscribed ? subscribed : (subscribed.errors ?? []);
}

const parametersSchema = z.object({
  query: z.string().nullish(),
  documentId: z.string().nullish(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

function readParameters(body: unknown): SubscriptionParameters {
  const { data } = parametersSchema.safeParse(body);
  if (data) return data;
  throw new Fault(FaultCode.BAD_REQUEST, "Send an object with query, a text, and variables, an object, as there are any.");
}

/** Answers with the errors of a document that may not run, and the status that they have over HTTP; throws what is a fault instead. */
function answerErrors(context: RequestContext, response: ServerResponse, errors: readonly GraphQLError[]): void {
  const [first] = errors;
  if (first?.originalError instanceof Fault) throw first.originalError;
  const presented = presentErrors(context, errors);
  const code = (presented[0]?.extensions?.["code"] ?? "INTERNAL_SERVER_ERROR") as ErrorCode;
  writeRateLimit(response, context.budget, context.clock.now());
  response.writeHead(ERROR_STATUS[code], { "content-type": `${MEDIA_TYPES[0]}; charset=utf-8` }).end(JSON.stringify({ errors: presented }));
}

async function restart({ response, outlet }: Stream): Promise<void> {
  const deadline = setTimeout(() => outlet.end(), DRAIN_MILLISECONDS);
  await outlet.finish();
  clearTimeout(deadline);
  const closed = response.closed ? null : once(response, "close");
  endResponse(response);
  await closed;
}

/** Ends what was sent so far; a reader that does not take the end of it either is left. */
function endResponse(response: ServerResponse): void {
  if (response.closed) return;
  const deadline = setTimeout(() => response.destroy(), CLOSE_DEADLINE_MILLISECONDS).unref();
  response.once("close", () => clearTimeout(deadline));
  response.end();
}
