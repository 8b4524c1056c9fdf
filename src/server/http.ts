import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { GraphQLSchema } from "graphql";
import { createEventFeeds } from "../events/event-feeds.ts";
import { createSessionFeeds } from "../sessions/session-feeds.ts";
import { createApolloServer } from "../graphql/apollo.ts";
import { createMetering } from "../graphql/metering.ts";
import { createSubscriptions } from "../graphql/subscribe.ts";
import { CALL_LIMIT_DEFAULTS, createCallLimits, type CallLimitSettings } from "../limits/call-limits.ts";
import { createPersistedOperations, type PersistedOperations } from "../graphql/persisted-operations.ts";
import type { Route } from "../observability/http.meters.ts";
import { inRequestSpan } from "../observability/spans.ts";
import { serveEventStreams, STREAM_PATH, type EventStreams } from "./event-streams.ts";
import { answerExport, EXPORT_PATH } from "./export-http.ts";
import type { Actor } from "../access/actor.ts";
import { createJoinCalls } from "../shared/join-calls.ts";
import { isAllowedOrigin, requestIdOf, urlOf, type Gateway } from "./gateway.ts";
import { answerGraphiql, isGraphiqlRequest } from "./graphiql.ts";
import { answerGraphql } from "./graphql-http.ts";
import { answerImage, IMAGE_PATH } from "./image-http.ts";
import { answerLive, answerReady } from "./health.ts";
import { answerMalformed } from "./malformed.ts";
import { answerMetrics } from "./metrics-http.ts";
import { createOpenCalls } from "./open-calls.ts";
import { startStreaming } from "./streaming.ts";
import { warmUp } from "./warm-up.ts";
import { answerWatchPage, isWatchRequest } from "./watch-page.ts";
import { serveSockets } from "./websocket.ts";

export interface ServerOptions extends Omit<
  Gateway,
  "apollo" | "feeds" | "joinLookups" | "metering" | "limits" | "operations" | "subscriptions" | "openCalls"
> {
  readonly schema: GraphQLSchema;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What callers and addresses may do, where that is not what it is by default. */
  readonly limits?: Partial<CallLimitSettings>;
  /** The listed operations, and whether nothing else runs; left out, there are none. */
  readonly operations?: PersistedOperations;
}

export interface RunningServer {
  /** The base of its addresses, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /**
   * Takes no more, ends sockets with 1012, and event streams, so that clients come back to another gateway, and waits for open requests,
   * but for those that wait for others themselves.
   */
  readonly close: () => Promise<void>;
  /** Runs what requests will, so that the first is as fast as others; never fails, and ends with the server. Left out, there is nothing. */
  readonly warmUp?: () => Promise<void>;
}

/** Longest wait for open requests at the end. */
const DRAIN_MILLISECONDS = 5_000;
const IDLE_SWEEP_MILLISECONDS = 50;

/** Serves GraphQL over HTTP, WebSocket and server-sent events, the pages for browsers, health and the origin, all on one port. */
export async function startServer(options: ServerOptions): Promise<Required<RunningServer>> {
  const apollo = createApolloServer(options.schema, options.base.log);
  await apollo.start();
  const { base, changeLog, metrics } = options;
  const operations = options.operations ?? createPersistedOperations({ operations: [] }, "allow");
  const metering = createMetering(metrics.operations, operations.names);
  const limits = createCallLimits({ ...CALL_LIMIT_DEFAULTS, ...options.limits }, base.clock);
  const subscriptions = createSubscriptions({ schema: options.schema, operations });
  const feeds = { ...createSessionFeeds({ ...base, changeLog }), ...createEventFeeds(base) };
  const openCalls = createOpenCalls();
  const joinLookups = createJoinCalls<Actor | null>();
  const gateway: Gateway = { ...options, apollo, metering, feeds, joinLookups, limits, operations, subscriptions, openCalls };
  const streaming = startStreaming(gateway);
  const streams = serveEventStreams(gateway, streaming);
  let isClosing = false;

  const server = createServer((request, response) => {
    const requestId = requestIdOf(request);
    const url = urlOf(request);
    const served = url ? routeOf(gateway, request, url) : "other";
    metrics.http.request(served, response);
    const exchange = { gateway, streams, request, response, requestId, url, isClosing };
    inRequestSpan({ request, response, requestId, route: served }, () => answer(served, exchange)).catch((error: unknown) => {
      // Not the path: it may hold a token.
      base.log.error({ err: error, requestId, route: served }, "a request failed");
      if (!response.headersSent) response.statusCode = 500;
      response.end();
    });
  });
  server.on("clientError", answerMalformed);
  metrics.http.showConnections(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))));
  const sockets = serveSockets(server, gateway, streaming);
  await listen(server, options);
  const closing = new AbortController();
  let warming: Promise<void> | null = null;

  return {
    url: baseUrl(server, options.host),
    warmUp: () => (warming ??= warmUp(gateway, closing.signal).catch((error: unknown) => base.log.debug({ err: error }, "not warmed up"))),
    async close() {
      isClosing = true;
      closing.abort();
      openCalls.close();
      await Promise.all([sockets.close(), streams.close()]);
      streaming.close();
      await Promise.all([closeServer(server), warming]);
      await apollo.stop();
    },
  };
}

interface Exchange {
  readonly gateway: Gateway;
  readonly streams: EventStreams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Null for what cannot be read. */
  readonly url: URL | null;
  readonly isClosing: boolean;
}

const PATHS: Readonly<Record<string, Route>> = {
  "/livez": "health",
  "/readyz": "health",
  "/metrics": "metrics",
  "/graphql": "graphql",
  [STREAM_PATH]: "streams",
  [EXPORT_PATH]: "exports",
};

function routeOf(gateway: Gateway, request: IncomingMessage, url: URL): Route {
  const { pathname } = url;
  if (pathname.startsWith("/live/") && gateway.originHandler) return "live";
  const media = gateway.assetHandler && mediaRouteOf(pathname);
  if (media) return media;
  if (pathname.startsWith(IMAGE_PATH)) return "images";
  if (isGraphiqlRequest(request, url)) return "page";
  if (isWatchRequest(request, url)) return "watch";
  return PATHS[pathname] ?? "other";
}

async function answer(route: Route, { gateway, streams, request, response, requestId, url, isClosing }: Exchange): Promise<void> {
  response.setHeader("x-request-id", requestId);
  response.setHeader("x-content-type-options", "nosniff");
  if (!url) return answerText(response, 400, "This address cannot be read.");
  const { database } = gateway.base;
  if (route === "live" && gateway.originHandler) return gateway.originHandler(request, response);
  if ((route === "assets" || route === "stills") && gateway.assetHandler) return gateway.assetHandler(request, response);
  if (route === "images") return answerImage(database.executor, request, response, url.pathname);
  if (route === "health") return url.pathname === "/livez" ? answerLive(response) : answerReady(response, database, isClosing);
  if (route === "metrics") return answerMetrics(request, response, { metrics: gateway.metrics, token: gateway.metricsToken ?? null });
  if (route === "page") return answerGraphiql(response, url);
  if (route === "watch") {
    const { base, embedOrigins = [] } = gateway;
    return answerWatchPage(request, response, url, { publicUrl: base.publicUrl, embedOrigins });
  }
  if (route === "graphql" || route === "streams" || route === "exports") {
    allowOrigin(gateway, request, response);
    if (request.method === "OPTIONS") return answerPreflight(response);
    if (route === "streams") return streams.answer({ request, response, requestId });
    return route === "graphql" ? answerGraphql(gateway, request, response, requestId) : answerExport(gateway, request, response, requestId);
  }
  return answerText(response, 404, "Nothing is served here. The API is at /graphql.");
}

/** Of what is served to those who know or were given an address; null for everything else. */
export function mediaRouteOf(pathname: string): Extract<Route, "assets" | "stills"> | null {
  if (pathname.startsWith("/assets/") || pathname.startsWith("/share/")) return "assets";
  return pathname.startsWith("/stills/") ? "stills" : null;
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

const CORS_MAX_AGE_SECONDS = "600";

function allowOrigin(gateway: Gateway, request: IncomingMessage, response: ServerResponse): void {
  // An answer's media type is that which the request accepts.
  response.setHeader("vary", "origin, accept");
  const { origin } = request.headers;
  if (origin === undefined || !isAllowedOrigin(gateway, request)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "x-request-id, retry-after, ratelimit, ratelimit-policy, content-disposition");
}

function answerPreflight(response: ServerResponse): void {
  response.setHeader("access-control-allow-methods", "GET, POST");
  response.setHeader(
    "access-control-allow-headers",
    "authorization, content-type, x-request-id, apollo-require-preflight, x-apollo-operation-name",
  );
  response.setHeader("access-control-max-age", CORS_MAX_AGE_SECONDS);
  response.writeHead(204).end();
}

export async function listen(server: Server, { host, port }: Pick<ServerOptions, "host" | "port">): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

export async function closeServer(server: Server): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
  // A connection whose last request is answered would else stay open for more.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MILLISECONDS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(deadline);
  clearInterval(sweep);
}

export function baseUrl(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
