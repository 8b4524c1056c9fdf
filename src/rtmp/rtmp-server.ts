// Our own, since node-media-server 4 tells a publisher that it is in before anybody could check its key, keeps its state global, ends the
// process when a port is taken or one packet is malformed (`tcUrl: "x"`), limits neither connections, times nor sizes, and brings 92 packages.
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { Logger } from "../shared/log.ts";
import { KeyRegistry, type PublisherSink, type Registration } from "./key-registry.ts";
import { PublisherConnection } from "./publisher-connection.ts";
import { RefusalLog } from "./refusal-log.ts";
import { WaitingRoom } from "./waiting-room.ts";

export interface RtmpServerOptions {
  /** The address to listen on; every one when null. */
  readonly host: string | null;
  /** 0 takes any free port. */
  readonly port: number;
  /** For RTMPS, on a port of its own; certificate chain and key as PEM. Null leaves it out. */
  readonly tls: { readonly port: number; readonly certificate: string; readonly privateKey: string } | null;
  readonly log: Logger;
}

/** Takes in what is pushed to `rtmp://HOST:PORT/live/KEY`, from those alone who know a key that is registered. */
export interface RtmpServer {
  readonly port: number;
  readonly tlsPort: number | null;
  /** Lets one publisher at a time publish with this key. A key that is registered already goes to the newer registration. */
  readonly register: (key: string, sink: PublisherSink) => Registration;
  /** Resolves once every connection and port is closed. Idempotent. */
  readonly close: () => Promise<void>;
}

/** Connections at once, publishers included. */
const CONNECTIONS_LIMIT = 2_000;

/** Rejects when a port cannot be listened on, or the certificate and key do not fit. */
export async function startRtmpServer({ host, port, tls, log }: RtmpServerOptions): Promise<RtmpServer> {
  const door = new Door(log);
  const secureContext = tls ? createSecureContext({ cert: tls.certificate, key: tls.privateKey, minVersion: "TLSv1.2" }) : null;
  const plain = createServer((socket) => door.open(socket, socket));
  // Wrapped by us and not by a TLS server, so that its handshake falls under the limits of every connection.
  const secure = secureContext
    ? createServer((socket) => door.open(socket, new TLSSocket(socket, { isServer: true, secureContext })))
    : null;
  const servers = secure ? [plain, secure] : [plain];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= closeAll(servers, door));
  try {
    await listen(plain, host, port);
    if (secure && tls) await listen(secure, host, tls.port);
  } catch (error) {
    await close();
    throw error;
  }
  for (const server of servers) server.on("error", (error) => log.error({ err: error }, "the RTMP server has a problem"));
  return {
    port: portOf(plain),
    tlsPort: secure ? portOf(secure) : null,
    register: (key, sink) => door.keys.register(key, sink),
    close,
  };
}

/** Everybody who is connected. */
class Door {
  readonly keys = new KeyRegistry();
  readonly #refusals: RefusalLog;
  readonly #connections = new Set<PublisherConnection>();
  readonly #waiting = new WaitingRoom();

  constructor(log: Logger) {
    this.#refusals = new RefusalLog(log);
  }

  /** A TCP connection came in, plain or wrapped: it is closed at once when there are too many. */
  open(raw: Socket, socket: Socket): void {
    const address = raw.remoteAddress ?? "";
    raw.on("error", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    const sendAway = (): void => {
      socket.destroy();
      raw.destroy();
    };
    const settle = this.#connections.size < CONNECTIONS_LIMIT ? this.#waiting.enter(address, sendAway) : null;
    if (!settle) return sendAway();
    const connection = new PublisherConnection({
      socket,
      keys: this.keys,
      onAdmitted: settle,
      onRefused: (reason) => this.#refusals.note(address, reason),
    });
    this.#connections.add(connection);
    socket.once("close", () => {
      settle();
      raw.destroy();
      this.#connections.delete(connection);
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

function listen(server: Server, host: string | null, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function closeAll(servers: readonly Server[], door: Door): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  door.close();
  await Promise.all(closed);
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The RTMP server has no port");
  return address.port;
}
