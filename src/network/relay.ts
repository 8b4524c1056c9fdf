import { createServer, type Socket } from "node:net";
import type { Transform } from "node:stream";
import { AddressRefused, connectAllowed, NotReached, type ConnectTarget, type NetworkAccess } from "./connect.ts";

export interface RelayOptions {
  readonly target: ConnectTarget;
  readonly access: NetworkAccess;
  /** Looks at what the server says, for each connection anew, and ends it by an error; the message is a sentence. */
  readonly inspect?: () => Transform;
  /** A connection did not come about or was ended for a reason. */
  readonly onProblem: (problem: { readonly message: string; readonly isAddressRefused: boolean }) => void;
}

export interface Relay {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Ends everything that goes through it. */
  readonly close: () => void;
}

/** One process connects, once or again after it was asked for a password: whoever else comes is not served. */
const CONNECTION_LIMIT = 4;

/**
 * A port of this machine that leads to one server of a caller's URL: for protocols that know no proxy. The host is looked up and
 * checked for each connection, TLS is ours, with the name that stands in the URL, and no process ever resolves a name.
 */
export async function openRelay({ target, access, inspect, onProblem }: RelayOptions): Promise<Relay> {
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  };
  const lead = async (client: Socket): Promise<void> => {
    hold(client);
    const leaving = new AbortController();
    client.once("close", () => leaving.abort());
    try {
      const server = await connectAllowed({ ...target, signal: leaving.signal }, access);
      hold(server);
      join(client, server, inspect?.() ?? null, (message) => onProblem({ message, isAddressRefused: false }));
    } catch (error) {
      client.destroy();
      if (error instanceof AddressRefused || error instanceof NotReached)
        onProblem({ message: error.message, isAddressRefused: error instanceof AddressRefused });
    }
  };
  let connections = 0;
  const listener = createServer({ noDelay: true }, (client) => {
    connections += 1;
    if (connections > CONNECTION_LIMIT) client.destroy();
    else void lead(client);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () => {
      listener.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

function join(client: Socket, server: Socket, inspector: Transform | null, onProblem: (message: string) => void): void {
  client.pipe(server);
  if (inspector) {
    inspector.once("error", (error) => {
      onProblem(error.message);
      client.destroy();
    });
    server.pipe(inspector).pipe(client);
  } else {
    server.pipe(client);
  }
  client.once("close", () => server.destroy());
  server.once("close", () => (client.writableEnded ? undefined : client.end()));
  if (client.destroyed) server.destroy();
}
