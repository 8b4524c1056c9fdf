import type { ServerResponse } from "node:http";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What a path is served by; the paths themselves hold tokens. */
export type Route =
  "graphql" | "streams" | "live" | "assets" | "stills" | "images" | "exports" | "page" | "watch" | "health" | "metrics" | "other";

/** In seconds. */
export const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Codes with a meaning of their own; clients may send any of 3,000 others. */
const CLOSE_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4400, 4403, 4406, 4408, 4409, 4429]);

export interface HttpMeters {
  /** Sees a request from here to its last byte. */
  readonly request: (route: Route, response: ServerResponse) => void;
  /** A WebSocket was opened; gives what is to be called with its close code. */
  readonly socket: () => (code: number) => void;
  /** An event stream was opened; gives what is to be called at its end. */
  readonly stream: () => () => void;
  /** Shows how many TCP connections are open, asked at each scrape. */
  readonly showConnections: (count: () => number | Promise<number>) => void;
}

export function createHttpMeters(registry: Registry): HttpMeters {
  const registers = [registry];
  const requests = new Counter({
    name: "headend_http_requests_total",
    help: "HTTP requests that have ended, by what served them and status; `none`: the caller left before an answer.",
    labelNames: ["route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "headend_http_request_duration_seconds",
    help: "From the head of a request to the last byte of its answer.",
    labelNames: ["route"],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const sockets = new Gauge({ name: "headend_websockets", help: "Open WebSockets.", registers });
  const closes = new Counter({
    name: "headend_websocket_closes_total",
    help: "WebSockets that were closed, by close code; 1006: without one, 1013: did not drain, 4403: the credential ended.",
    labelNames: ["code"],
    registers,
  });
  const streams = new Gauge({ name: "headend_event_streams", help: "Open streams of server-sent events.", registers });

  return {
    request(route, response) {
      const startedAt = performance.now();
      response.once("close", () => {
        requests.inc({ route, status: response.headersSent ? response.statusCode : "none" });
        durations.observe({ route }, (performance.now() - startedAt) / 1_000);
      });
    },
    socket() {
      sockets.inc();
      return (code) => {
        sockets.dec();
        closes.inc({ code: CLOSE_CODES.has(code) ? code : "other" });
      };
    },
    stream() {
      streams.inc();
      return () => streams.dec();
    },
    showConnections(count) {
      registry.registerMetric(
        new Gauge({
          name: "headend_http_connections",
          help: "Open TCP connections, WebSockets among them.",
          registers: [],
          async collect() {
            this.set(await count());
          },
        }),
      );
    },
  };
}
