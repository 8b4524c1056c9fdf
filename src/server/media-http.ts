import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Database } from "../database/database.ts";
import type { Route } from "../observability/http.meters.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { OriginHandler } from "../origin/origin.ts";
import type { Logger } from "../shared/log.ts";
import { requestIdOf } from "./gateway.ts";
import { answerLive, answerReady } from "./health.ts";
import { baseUrl, closeServer, listen, mediaRouteOf, type RunningServer } from "./http.ts";
import { answerMalformed } from "./malformed.ts";
import { answerMetrics } from "./metrics-http.ts";

export interface MediaServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly origin: OriginHandler;
  readonly assetOrigin: OriginHandler;
  readonly database: Pick<Database, "executor">;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What scrapers of the metrics send; null: only this machine may scrape. */
  readonly metricsToken: string | null;
}

const PATHS: Readonly<Record<string, Route>> = { "/livez": "health", "/readyz": "health", "/metrics": "metrics" };

/** Serves the media of an encoder that runs without a gateway, for the gateways, and how it does. */
export async function startMediaServer(options: MediaServerOptions): Promise<RunningServer> {
  const { host, port, metrics, log } = options;
  let isClosing = false;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const route = path.startsWith("/live/") ? "live" : (mediaRouteOf(path) ?? PATHS[path] ?? "other");
    metrics.http.request(route, response);
    response.setHeader("x-request-id", requestIdOf(request));
    answer(route, { options, request, response, isClosing }).catch((error: unknown) => {
      log.error({ err: error, requestId: requestIdOf(request), route }, "a request failed");
      response.destroy();
    });
  });
  server.on("clientError", answerMalformed);
  metrics.http.showConnections(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))));
  await listen(server, { host, port });
  return {
    url: baseUrl(server, host),
    async close() {
      isClosing = true;
      await closeServer(server);
    },
  };
}

interface Exchange {
  readonly options: MediaServerOptions;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly isClosing: boolean;
}

async function answer(route: Route, { options, request, response, isClosing }: Exchange): Promise<void> {
  const { origin, assetOrigin, database, metrics, metricsToken } = options;
  if (route === "live") return origin(request, response);
  if (route === "assets" || route === "stills") return assetOrigin(request, response);
  if (route === "metrics") return answerMetrics(request, response, { metrics, token: metricsToken });
  if (route !== "health") return void response.writeHead(404).end();
  return request.url === "/livez" ? answerLive(response) : answerReady(response, database, isClosing);
}
