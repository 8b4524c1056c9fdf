import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { AddressRefused, connectAllowed, type NetworkAccess } from "./connect.ts";

export interface EgressProxyOptions {
  readonly access: NetworkAccess;
  /** Something that was asked for is not allowed; the reason is a sentence for the operator. */
  readonly onRefused: (reason: string) => void;
  /** What is asked of this host is answered by its path, and never leaves this machine. */
  readonly own?: { readonly host: string; readonly answer: (path: string) => Promise<OwnAnswer> };
}

/** A playlist of our own, where to ask instead, or null for what is not there. */
export type OwnAnswer = string | { readonly location: string } | null;

export interface EgressProxy {
  /** For `http_proxy`, credential included: a secret. */
  readonly url: string;
  /** Ends everything that goes through it. */
  readonly close: () => void;
}

const REALM = 'Basic realm="egress"';
/** Of the connection that a request came over; not for whoever answers it. */
const HOP_HEADERS = ["proxy-authorization", "proxy-connection", "connection", "keep-alive", "te", "trailer", "upgrade"];

/**
 * What HTTP and HTTPS of one process goes out through. It looks every host up itself, checks the addresses, and connects to one
 * that it checked: playlists, keys and redirects reach nothing that a caller's URL may not name. Whoever does not know the
 * credential of this one proxy is not served.
 */
export async function openEgressProxy({ access, onRefused, own }: EgressProxyOptions): Promise<EgressProxy> {
  const secret = randomBytes(24).toString("base64url");
  const expected = Buffer.from(`Basic ${Buffer.from(`egress:${secret}`).toString("base64")}`);
  const sockets = new Set<Duplex>();
  const hold = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  };
  const isKnown = ({ headers }: IncomingMessage): boolean => {
    const given = Buffer.from(headers["proxy-authorization"] ?? "");
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  const reach = async (host: string, port: number): Promise<Socket> => {
    const socket = await connectAllowed({ host, port, isTls: false }, access).catch((error: unknown) => {
      if (error instanceof AddressRefused) onRefused(error.message);
      throw error;
    });
    hold(socket);
    return socket;
  };

  const server = createServer((incoming, response) => {
    if (!isKnown(incoming)) return void response.writeHead(407, { "proxy-authenticate": REALM }).end();
    const url = URL.canParse(incoming.url ?? "") ? new URL(incoming.url ?? "") : null;
    const handled = own && url?.host === own.host ? answerOwn(response, own.answer(url.pathname)) : forward(incoming, response, url, reach);
    handled.catch((error: unknown) => refuse(response, error));
  });
  server.on("connect", (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    if (!isKnown(incoming)) return void client.end(`HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ${REALM}\r\n\r\n`);
    tunnel(incoming.url ?? "", client, head, reach).catch((error: unknown) => client.end(`HTTP/1.1 ${statusOf(error)} Refused\r\n\r\n`));
  });
  server.on("connection", hold);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://egress:${secret}@127.0.0.1:${port}`,
    close: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

type Reach = (host: string, port: number) => Promise<Socket>;

async function answerOwn(response: ServerResponse, answer: Promise<OwnAnswer>): Promise<void> {
  const given = await answer;
  if (given === null) response.writeHead(404).end();
  else if (typeof given === "string") response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" }).end(given);
  else response.writeHead(302, { ...given }).end();
}

/** A request with a whole URL: plain HTTP. */
async function forward(incoming: IncomingMessage, response: ServerResponse, url: URL | null, reach: Reach): Promise<void> {
  if (url?.protocol !== "http:") return void response.writeHead(400).end();
  const socket = await reach(url.hostname, Number(url.port) || 80);
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !HOP_HEADERS.includes(name)));
  await new Promise<void>((resolve, reject) => {
    const outgoing = request({
      ...{ createConnection: () => socket, method: incoming.method, path: `${url.pathname}${url.search}` },
      headers: { ...headers, host: url.host, connection: "close" },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      const { connection: _connection, "keep-alive": _keepAlive, ...answered } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, answered);
      answer.pipe(response);
      answer.once("error", () => response.destroy());
      answer.once("close", resolve);
    });
    incoming.pipe(outgoing);
  });
}

async function tunnel(authority: string, client: Duplex, head: Buffer, reach: Reach): Promise<void> {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(authority) ?? [];
  const socket = await reach(host, Number(port));
  client.write("HTTP/1.1 200 Connected\r\n\r\n");
  if (head.length > 0) socket.write(head);
  client.pipe(socket).pipe(client);
  client.once("close", () => socket.destroy());
  socket.once("close", () => client.destroy());
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(statusOf(error)).end();
}

function statusOf(error: unknown): number {
  return error instanceof AddressRefused ? 403 : 502;
}
