import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { AddressRefused, type NetworkAccess } from "./connect.ts";
import { withDeadline } from "./deadline.ts";
import { requestAllowed } from "./fetch-allowed.ts";

export interface EgressProxyOptions {
  readonly access: NetworkAccess;
  /** What stands at a path of the one host that is served. */
  readonly answer: (path: string) => Promise<ProxyAnswer>;
  /** Something that was asked for is not allowed; the reason is a sentence for the operator. */
  readonly onRefused: (reason: string) => void;
}

/** A playlist of our own, what stands at an address of HTTP or HTTPS elsewhere, or null for what is not there. */
export type ProxyAnswer = { readonly playlist: string } | { readonly url: string } | null;

export interface EgressProxy {
  /** For `http_proxy`. */
  readonly url: string;
  /** The one host that is served, which no name server knows and nobody guesses: a secret. */
  readonly host: string;
  /** Ends everything that goes through it, and what is only on its way to somewhere. */
  readonly close: () => void;
}

const ANSWER_DEADLINE_MILLISECONDS = 8_000;
/** What is said of an answer's bytes; where to go next, what to remember and how to read it is not passed on. */
const HEADERS_PASSED = ["content-length", "content-range", "accept-ranges"];

/**
 * All that one process sees of the network. It is served paths of one host of ours and nothing else: where something stands
 * elsewhere, it is fetched from here, redirects and TLS included, from addresses that were looked up and checked at that moment.
 * So the process never holds an address that it could read in a way of its own. Whoever does not know the name of the host is not
 * served: ffmpeg would give a user and password only when asked for them, and takes the answer that asks for the segment's.
 */
export async function openEgressProxy({ access, answer, onRefused }: EgressProxyOptions): Promise<EgressProxy> {
  const host = `${randomBytes(20).toString("hex")}.invalid`;
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.canParse(incoming.url ?? "") ? new URL(incoming.url ?? "") : null;
    if (url?.protocol !== "http:" || url.host !== host) return void response.writeHead(403).end();
    const given = await answer(url.pathname);
    if (given === null) response.writeHead(404).end();
    else if ("playlist" in given) response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" }).end(given.playlist);
    else await pass(given.url, { incoming, response, access });
  };

  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      if (error instanceof AddressRefused) onRefused(error.message);
      refuse(response, error);
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    host,
    close: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly access: NetworkAccess;
}

/** Hands on the bytes that stand elsewhere, as long as somebody waits for them. */
async function pass(url: string, { incoming, response, access }: Passing): Promise<void> {
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  if (response.destroyed) leaving.abort();
  const { range, "user-agent": agent } = incoming.headers;
  const headers = { ...(range === undefined ? {} : { range }), ...(agent === undefined ? {} : { "user-agent": agent }) };
  const { response: found } = await withDeadline({ milliseconds: ANSWER_DEADLINE_MILLISECONDS, signal: leaving.signal }, (signal) =>
    requestAllowed(url, { access, signal, headers }),
  );
  const status = found.statusCode ?? 0;
  if (status !== 200 && status !== 206) {
    found.destroy();
    return void response.writeHead(status >= 400 && status < 600 ? status : 502).end();
  }
  try {
    response.writeHead(status, Object.fromEntries(Object.entries(found.headers).filter(([name]) => HEADERS_PASSED.includes(name))));
    await pipeline(found, response);
  } finally {
    found.destroy();
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(error instanceof AddressRefused ? 403 : 502).end();
}
