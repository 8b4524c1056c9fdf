import { handleProtocols, makeServer, type Server as ProtocolServer } from "graphql-ws";
import type { FormattedExecutionResult, GraphQLError } from "graphql";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { finishErrors, formatError, isMasked, toGraphQLError } from "../graphql/errors.ts";
import { meterSubscription } from "../graphql/metered-subscription.ts";
import { codesOf } from "../graphql/metering.ts";
import type { RequestContext } from "../graphql/request.ts";
import { prepareSubscription, runSubscription } from "../graphql/subscribe.ts";
import { withSlot } from "../graphql/subscription-slot.ts";
import { networkOf } from "../limits/guess-guard.ts";
import { isHeavyJson } from "./heavy-json.ts";
import { holdSlot } from "./hold-slot.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { BODY_LIMIT_BYTES } from "./body.ts";
import { watchCredentials, type CredentialWatch } from "./credential-watch.ts";
import { addressOf, contextFor, isAllowedOrigin, requestIdOf, urlOf, type Gateway } from "./gateway.ts";
import { refuseStream } from "./malformed.ts";

/** Why a socket is ended. Stock clients come back after each of these, and after none of 4400, 4401, 4406, 4409, 4429 and 4500. */
const CLOSE = {
  /** No, or no longer, a valid credential. */
  forbidden: 4403,
  /** A message that no client sends; this one need not come back. */
  badMessage: 4400,
  /** Something failed on our side. */
  tryLater: 1013,
  /** This gateway ends; another one goes on. */
  restart: 1012,
} as const;

const INIT_DEADLINE_MILLISECONDS = 5_000;
const KEEP_ALIVE_MILLISECONDS = 12_000;
const CLOSE_DEADLINE_MILLISECONDS = 1_000;
/** Subscriptions of one socket at a time. */
const SUBSCRIPTION_LIMIT = 100;

interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  context: RequestContext | null;
  /** Ends the watch of the credential. */
  unwatch: (() => void) | null;
}

export interface SubscriptionServer {
  /** Ends every socket with 1012. */
  readonly close: () => Promise<void>;
}

/** Serves subscriptions over `graphql-transport-ws` at `/graphql`. */
export function serveSubscriptions(server: Server, gateway: Gateway): SubscriptionServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_LIMIT_BYTES, handleProtocols });
  const credentials = watchCredentials(gateway.base);
  const protocol = createProtocol(gateway, credentials);

  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Who leaves in the middle of the handshake would else end the process.
    stream.on("error", () => stream.destroy());
    const refusal = refuseUpgrade(gateway, request);
    if (refusal) return refuseStream(stream, refusal, requestIdOf(request));
    // The stream ends whether or not it ever becomes a socket.
    if (!holdSlot(stream, gateway.limits.connectionsOfAddress, networkOf(addressOf(gateway, request))))
      return refuseStream(stream, "429 Too Many Requests", requestIdOf(request));
    sockets.handleUpgrade(request, stream, head, (socket) => openSocket({ gateway, protocol, socket, request }));
  });
  sockets.on("headers", (headers, request) => headers.push(`x-request-id: ${requestIdOf(request)}`));
  sockets.on("wsClientError", (_error, stream, request) => refuseStream(stream, "400 Bad Request", requestIdOf(request)));

  return {
    async close() {
      credentials.close();
      for (const socket of sockets.clients) socket.close(CLOSE.restart, "The gateway restarts");
      const deadline = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), CLOSE_DEADLINE_MILLISECONDS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(deadline);
    },
  };
}

/** The status line by which an upgrade is refused; null when it is not. A page of a foreign origin never gets a socket. */
function refuseUpgrade(gateway: Gateway, request: IncomingMessage): string | null {
  if (urlOf(request)?.pathname !== "/graphql") return "404 Not Found";
  return isAllowedOrigin(gateway, request) ? null : "403 Forbidden";
}

function createProtocol(gateway: Gateway, credentials: CredentialWatch): ProtocolServer<SocketExtra> {
  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: INIT_DEADLINE_MILLISECONDS,
    onConnect: ({ connectionParams, extra }) => connect({ gateway, credentials, extra }, authorizationIn(connectionParams)),
    async onSubscribe({ extra, subscriptions }, _id, parameters) {
      const context = contextOf(extra);
      const fault = await refuseSubscription(credentials, extra, Object.keys(subscriptions).length);
      if (fault) return [toGraphQLError(fault)];
      const prepared = prepareSubscription({ ...gateway, context, parameters });
      return "schema" in prepared ? prepared : [...prepared];
    },
    subscribe: (args) => withSlot(gateway.limits.subscriptionsOfCaller, args, () => meterSubscription(args, runSubscription)),
    onNext: ({ extra }, _id, _payload, _args, { data, errors }): FormattedExecutionResult | undefined =>
      errors && { ...(data !== undefined && { data }), errors: present(extra, errors) },
    onError: ({ extra }, _id, _payload, errors) => present(extra, errors),
  });
}

function authorizationIn(parameters: Readonly<Record<string, unknown>> | undefined): unknown {
  return Object.entries(parameters ?? {}).find(([name]) => name.toLowerCase() === "authorization")?.[1];
}

interface Connecting {
  readonly gateway: Gateway;
  readonly credentials: CredentialWatch;
  readonly extra: SocketExtra;
}

/** False ends the socket as forbidden, which clients may try again with a new credential. */
async function connect({ gateway, credentials, extra }: Connecting, authorization: unknown): Promise<boolean> {
  try {
    const { request } = extra;
    const text = typeof authorization === "string" ? authorization : null;
    extra.context = await contextFor(gateway, { request, authorization: text, requestId: requestIdOf(request) });
  } catch (error) {
    if (error instanceof Fault) gateway.metering.erred([error.code]);
    if (error instanceof Fault && error.code === FaultCode.UNAUTHENTICATED) return false;
    throw error;
  }
  if (!holdSlot(extra.request.socket, gateway.limits.connectionsOfCaller, extra.context.actor.callerId)) {
    // Stock clients come back after it, by when others may have gone.
    extra.socket.close(CLOSE.tryLater, "Too many connections of this credential");
    return false;
  }
  // Who left in the meantime has closed already, and nobody would end the watch.
  if (extra.socket.readyState === extra.socket.OPEN) extra.unwatch = credentials.add(extra.context.actor, () => endCredential(extra));
  return true;
}

function endCredential({ socket }: SocketExtra): void {
  socket.close(CLOSE.forbidden, "The credential has ended");
}

/** `count`: the socket's subscriptions, the new one among them. */
async function refuseSubscription(credentials: CredentialWatch, extra: SocketExtra, count: number): Promise<Fault | null> {
  if (count > SUBSCRIPTION_LIMIT) {
    return new Fault(
      FaultCode.RATE_LIMITED,
      `A socket carries at most ${SUBSCRIPTION_LIMIT} subscriptions at a time. End some, or open another.`,
    );
  }
  try {
    if (await credentials.isGood(contextOf(extra).actor)) return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  endCredential(extra);
  return new Fault(FaultCode.UNAUTHENTICATED, "The credential has ended.");
}

function contextOf(extra: SocketExtra): RequestContext {
  if (!extra.context) throw new Error("A subscription before the connection was acknowledged");
  return extra.context;
}

function present(extra: SocketExtra, errors: readonly GraphQLError[]) {
  const { requestId, actor, log, metering } = contextOf(extra);
  for (const error of errors.filter(isMasked)) log.error({ err: error.originalError ?? error, path: error.path }, "a subscription failed");
  const formatted = errors.map((error) => formatError(error.toJSON(), error));
  metering.erred(codesOf(formatted));
  return finishErrors(formatted, { requestId, mayIntrospect: actor.canIntrospect });
}

interface OpenedSocket {
  readonly gateway: Gateway;
  readonly protocol: ProtocolServer<SocketExtra>;
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

/** Ties a socket to the protocol. Not the library's own binding: it writes to the console, and ends failures with 4500 for good. */
function openSocket({ gateway, protocol, socket, request }: OpenedSocket): void {
  // All that goes over the socket belongs to the request that opened it.
  const log = gateway.base.log.child({ requestId: requestIdOf(request) });
  const extra: SocketExtra = { socket, request, context: null, unwatch: null };
  const socketClosed = gateway.metrics.http.socket();
  const stopPinging = keepAlive(socket);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, data),
      close: (code, reason) => socket.close(code, reason),
      onMessage(handle) {
        socket.on("message", (data: Buffer) => {
          if (isHeavyJson(data)) return socket.close(CLOSE.badMessage, "A message with too many values");
          handle(data.toString()).catch((error: unknown) => {
            log.error({ err: error }, "a socket's message failed");
            socket.close(CLOSE.tryLater, "Try again in a moment");
          });
        });
      },
    },
    extra,
  );
  socket.on("error", (error) => log.debug({ err: error }, "a socket failed"));
  socket.once("close", (code, reason) => {
    stopPinging();
    socketClosed(code);
    extra.unwatch?.();
    closed(code, reason.toString()).catch((error: unknown) => log.error({ err: error }, "a socket's subscriptions did not end well"));
  });
}

/** Resolves once the bytes left for the network: who does not read is not written to. */
async function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await new Promise<void>((resolve) => {
    // A failed write is followed by the close of the socket, which ends what writes to it.
    socket.send(data, () => resolve());
  });
}

/** Pings now and then, and ends a socket that does not answer: a vanished client sends no close. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on("pong", () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
  }, KEEP_ALIVE_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}
