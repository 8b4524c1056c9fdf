import { handleProtocols } from "graphql-ws";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { isInterruption } from "../changes/patience.ts";
import { networkOf } from "../limits/guess-guard.ts";
import { BODY_LIMIT_BYTES } from "./body.ts";
import { addressOf, isAllowedOrigin, requestIdOf, urlOf, type Gateway } from "./gateway.ts";
import { isHeavyJson } from "./heavy-json.ts";
import { holdSlot } from "./hold-slot.ts";
import { refuseStream } from "./malformed.ts";
import { textFrame, UNSENT_LIMIT_BYTES, type Outlet } from "./outlet.ts";
import { CLOSE, createSocketProtocol, type SocketExtra, type SocketProtocol } from "./socket-protocol.ts";
import type { Streaming } from "./streaming.ts";
import { writeText } from "./write-text.ts";

/** Longest wait, at the end, for readers to take what was sent to them, and then for their sockets to close. */
const DRAIN_MILLISECONDS = 3_000;
const CLOSE_DEADLINE_MILLISECONDS = 1_000;
/** Who gives no sign of life for so long is gone: a ping may lie behind much that a slow reader has yet to read. */
const SILENCE_MILLISECONDS = 60_000;

export interface SocketServer {
  /** Takes no more sockets; ends every one with 1012 when what was sent to it is taken, or cannot be waited for any longer. */
  readonly close: () => Promise<void>;
}

/** Serves subscriptions over `graphql-transport-ws` at `/graphql`. */
export function serveSockets(server: Server, gateway: Gateway, streaming: Streaming): SocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_LIMIT_BYTES, handleProtocols });
  const protocol = createSocketProtocol(gateway, streaming);
  const open = new Set<SocketExtra>();
  let isClosing = false;

  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    survive(stream);
    const refusal = isClosing ? "503 Service Unavailable" : refuseUpgrade(gateway, request);
    if (refusal) return refuseStream(stream, refusal, requestIdOf(request));
    // The stream ends whether or not it ever becomes a socket.
    if (!holdSlot(stream, gateway.limits.connectionsOfAddress, networkOf(addressOf(gateway, request))))
      return refuseStream(stream, "429 Too Many Requests", requestIdOf(request));
    sockets.handleUpgrade(request, stream, head, (socket) => openSocket({ gateway, streaming, protocol, socket, stream, request, open }));
  });
  sockets.on("headers", (headers, request) => headers.push(`x-request-id: ${requestIdOf(request)}`));
  sockets.on("wsClientError", (_error, stream, request) => refuseStream(stream, "400 Bad Request", requestIdOf(request)));

  return {
    async close() {
      isClosing = true;
      await Promise.all([...open].map(restart));
      const deadline = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), CLOSE_DEADLINE_MILLISECONDS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(deadline);
    },
  };
}

/** Who leaves in the middle of the handshake would else end the process. On its own, so that it keeps nothing else in memory. */
function survive(stream: Duplex): void {
  stream.on("error", () => stream.destroy());
}

/** The status line by which an upgrade is refused; null when it is not. A page of a foreign origin never gets a socket. */
function refuseUpgrade(gateway: Gateway, request: IncomingMessage): string | null {
  if (urlOf(request)?.pathname !== "/graphql") return "404 Not Found";
  return isAllowedOrigin(gateway, request) ? null : "403 Forbidden";
}

async function restart({ socket, outlet }: SocketExtra): Promise<void> {
  const deadline = setTimeout(() => outlet.end(), DRAIN_MILLISECONDS);
  await outlet.finish();
  clearTimeout(deadline);
  socket.close(CLOSE.restart, "The gateway restarts");
}

interface OpenedSocket {
  readonly gateway: Gateway;
  readonly streaming: Streaming;
  readonly protocol: SocketProtocol;
  readonly socket: WebSocket;
  /** What it lies on. */
  readonly stream: Duplex;
  readonly request: IncomingMessage;
  readonly open: Set<SocketExtra>;
}

/** Ties a socket to the protocol. Not the library's own binding: it writes to the console, and ends failures with 4500 for good. */
function openSocket({ gateway, streaming, protocol, socket, stream, request, open }: OpenedSocket): void {
  const { log } = gateway.base;
  // All that goes over the socket belongs to the request that opened it.
  const requestId = requestIdOf(request);
  const outlet = streaming.outlets.open(pipeTo(socket, stream));
  const extra: SocketExtra = { socket, outlet, request, context: null, unwatch: null };
  open.add(extra);
  const socketClosed = gateway.metrics.http.socket();
  const stopPinging = streaming.keepAlive.add(pinging(socket, outlet));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // What the protocol itself has to say is read by nobody either where nothing is read.
      send: (data) => outlet.send(textFrame(data), true),
      close: (code, reason) => socket.close(code, reason),
      onMessage(handle) {
        socket.on("message", (data: Buffer) => {
          if (isHeavyJson(data)) return socket.close(CLOSE.badMessage, "A message with too many values");
          handle(data.toString()).catch((error: unknown) => {
            if (!isInterruption(error)) log.error({ err: error, requestId }, "a socket's message failed");
            socket.close(CLOSE.tryLater, "Try again in a moment");
          });
        });
      },
    },
    extra,
  );
  socket.on("error", (error) => log.debug({ err: error, requestId }, "a socket failed"));
  socket.once("close", (code, reason) => {
    open.delete(extra);
    outlet.end();
    stopPinging();
    socketClosed(code);
    extra.unwatch?.();
    closed(code, reason.toString()).catch((error: unknown) =>
      log.error({ err: error, requestId }, "a socket's subscriptions did not end well"),
    );
  });
}

function pipeTo(socket: WebSocket, stream: Duplex): Parameters<Streaming["outlets"]["open"]>[0] {
  return {
    write: (frame, onTaken) => socket.readyState !== socket.OPEN || writeText(stream, frame, onTaken),
    unsent: () => stream.writableLength,
    giveUp: () => socket.close(CLOSE.tryLater, "Too slow: come back and go on behind the last cursor"),
  };
}

/** Ends a socket that gave no sign of life for long: a vanished client sends no close. */
function pinging(socket: WebSocket, outlet: Outlet): () => void {
  let heardAt = performance.now();
  const hear = (): void => {
    heardAt = performance.now();
  };
  socket.on("pong", hear);
  socket.on("message", hear);
  // The library answers pings by itself, also of who never reads the answers.
  socket.on("ping", () => socket.bufferedAmount > UNSENT_LIMIT_BYTES && socket.terminate());
  return () => {
    if (performance.now() - Math.max(heardAt, outlet.takenAt()) > SILENCE_MILLISECONDS) socket.terminate();
    else socket.ping();
  };
}
