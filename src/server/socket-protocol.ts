import { makeServer, type Server as ProtocolServer } from "graphql-ws";
import type { ExecutionResult, FormattedExecutionResult } from "graphql";
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { isInterruption } from "../changes/patience.ts";
import { toGraphQLError } from "../graphql/errors.ts";
import { presentErrors } from "../graphql/present-errors.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { RunningSubscription } from "../graphql/run-subscription.ts";
import type { PreparedSubscription } from "../graphql/subscribe.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { deliver } from "./deliver.ts";
import { contextFor, requestIdOf, type Gateway } from "./gateway.ts";
import { holdSlot } from "./hold-slot.ts";
import { openSubscription } from "./open-subscription.ts";
import type { Outlet } from "./outlet.ts";
import type { Streaming } from "./streaming.ts";

/** Why a socket is ended. Stock clients come back after each of these, and after none of 4400, 4401, 4406, 4409, 4429 and 4500. */
export const CLOSE = {
  /** No, or no longer, a valid credential. */
  forbidden: 4403,
  /** A message that no client sends; this one need not come back. */
  badMessage: 4400,
  /** Something failed on our side, or the client does not read what it is sent. */
  tryLater: 1013,
  /** This gateway ends; another one goes on. */
  restart: 1012,
} as const;

const CLOSING_BRACE = Buffer.from("}");

const INIT_DEADLINE_MILLISECONDS = 5_000;
/** Subscriptions of one socket at a time. */
const SUBSCRIPTION_LIMIT = 100;

export interface SocketExtra {
  readonly socket: WebSocket;
  readonly outlet: Outlet;
  /** What opened it; null once the caller is known. */
  request: IncomingMessage | null;
  context: RequestContext | null;
  /** Ends the watch of the credential. */
  unwatch: (() => void) | null;
}

export type SocketProtocol = ProtocolServer<SocketExtra>;

/** A subscription on its way through the library, which looks at the operation alone. */
interface SocketSubscription extends Pick<PreparedSubscription, "schema" | "document" | "operationName"> {
  readonly prepared: PreparedSubscription;
  readonly extra: SocketExtra;
  readonly id: string;
}

/** The protocol of sockets, spoken by its library but for the answers: they are text already, the same for many subscribers. */
export function createSocketProtocol(gateway: Gateway, streaming: Streaming): SocketProtocol {
  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: INIT_DEADLINE_MILLISECONDS,
    onConnect: ({ connectionParams, extra }) => connect({ gateway, streaming, extra }, authorizationIn(connectionParams)),
    async onSubscribe({ extra, subscriptions }, id, parameters) {
      const context = contextOf(extra);
      const fault = await refuseSubscription(streaming, extra, Object.keys(subscriptions).length);
      if (fault) return [toGraphQLError(fault)];
      const prepared = gateway.subscriptions.prepare({ context, parameters });
      if (!("schema" in prepared)) return [...prepared];
      const { schema, document, operationName } = prepared;
      return { schema, document, operationName, prepared, extra, id } satisfies SocketSubscription;
    },
    async subscribe(args) {
      const { extra, id, prepared } = args as SocketSubscription;
      const subscribed = await openSubscription(gateway, prepared);
      return "run" in subscribed ? asResults(subscribed, { extra, id }) : subscribed;
    },
    onNext: ({ extra }, _id, _payload, _args, { data, errors }): FormattedExecutionResult | undefined =>
      errors && { ...(data !== undefined && { data }), errors: presentErrors(contextOf(extra), errors) },
    onError: ({ extra }, _id, _payload, errors) => presentErrors(contextOf(extra), errors),
  });
}

/** What the library runs to the end: its one step sends everything. */
function asResults(
  subscription: RunningSubscription,
  { extra: { outlet, socket }, id }: Pick<SocketSubscription, "extra" | "id">,
): AsyncGenerator<ExecutionResult, void> {
  const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const results: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      try {
        await deliver(subscription, outlet, (answer) => ({ start, shared: answer, end: CLOSING_BRACE }));
      } catch (error) {
        if (!isInterruption(error)) throw error;
        outlet.end();
        socket.close(CLOSE.tryLater, "Try again in a moment");
      }
      return { done: true, value: undefined };
    },
    async return() {
      subscription.close();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      subscription.close();
      throw error;
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

function authorizationIn(parameters: Readonly<Record<string, unknown>> | undefined): unknown {
  return Object.entries(parameters ?? {}).find(([name]) => name.toLowerCase() === "authorization")?.[1];
}

interface Connecting {
  readonly gateway: Gateway;
  readonly streaming: Streaming;
  readonly extra: SocketExtra;
}

/** False ends the socket as forbidden, which clients may try again with a new credential. */
async function connect({ gateway, streaming, extra }: Connecting, authorization: unknown): Promise<boolean> {
  const { request, socket } = extra;
  if (!request) throw new Error("A socket that was connected before");
  try {
    const text = typeof authorization === "string" ? authorization : null;
    extra.context = await contextFor(gateway, { request, authorization: text, requestId: requestIdOf(request) });
  } catch (error) {
    if (error instanceof Fault) gateway.metering.erred([error.code]);
    if (error instanceof Fault && error.code === FaultCode.UNAUTHENTICATED) return false;
    if (!(error instanceof Fault && error.code === FaultCode.RATE_LIMITED)) throw error;
    // No failure of ours: who guesses credentials must not fill the log.
    socket.close(CLOSE.tryLater, "Too many wrong credentials");
    return false;
  }
  const { actor } = extra.context;
  if (!holdSlot(request.socket, gateway.limits.connectionsOfCaller, actor.callerId)) {
    // Stock clients come back after it, by when others may have gone.
    socket.close(CLOSE.tryLater, "Too many connections of this credential");
    return false;
  }
  // Who left in the meantime has closed already, and nobody would end the watch.
  if (socket.readyState === socket.OPEN) extra.unwatch = streaming.credentials.add(actor, () => endCredential(extra));
  extra.request = null;
  return true;
}

function endCredential({ socket, outlet }: SocketExtra): void {
  outlet.end();
  socket.close(CLOSE.forbidden, "The credential has ended");
}

/** `count`: the socket's subscriptions, the new one among them. */
async function refuseSubscription({ credentials }: Streaming, extra: SocketExtra, count: number): Promise<Fault | null> {
  if (count > SUBSCRIPTION_LIMIT) {
    return new Fault(
      FaultCode.RATE_LIMITED,
      `A socket carries at most ${SUBSCRIPTION_LIMIT} subscriptions at a time. End some, or open another.`,
    );
  }
  if (await credentials.isGood(contextOf(extra).actor)) return null;
  endCredential(extra);
  return new Fault(FaultCode.UNAUTHENTICATED, "The credential has ended.");
}

function contextOf(extra: SocketExtra): RequestContext {
  if (!extra.context) throw new Error("A subscription before the connection was acknowledged");
  return extra.context;
}
