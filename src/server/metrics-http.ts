import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metrics } from "../observability/metrics.ts";

export interface MetricsAnswerOptions {
  readonly metrics: Pick<Metrics, "registry" | "text">;
  /** What scrapers send as a bearer token; null: only this machine may scrape. */
  readonly token: string | null;
}

/**
 * Answers a scrape. The figures tell how much an installation does, over all of its organizations, so that the world may not read them:
 * with a token, whoever sends it; without, who asks on this machine itself, neither through a proxy nor from a page of another site.
 */
export async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, token }: MetricsAnswerOptions,
): Promise<void> {
  response.setHeader("cache-control", "no-store");
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "Metrics are read with GET.");
  if (token !== null && !isSameText(request.headers.authorization ?? "", `Bearer ${token}`)) {
    response.setHeader("www-authenticate", "Bearer");
    return refuse(response, 401, "Send HEADEND_METRICS_TOKEN as a bearer token.");
  }
  if (token === null && !isOfThisMachine(request)) {
    return refuse(response, 403, "Metrics are served to this machine alone until HEADEND_METRICS_TOKEN is set.");
  }
  const text = await metrics.text();
  response.writeHead(200, { "content-type": metrics.registry.contentType }).end(request.method === "HEAD" ? undefined : text);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

/** Takes as long whatever is the same about them. */
function isSameText(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** A proxy on this machine speaks for others, and a page elsewhere may have a name that leads here. */
function isOfThisMachine({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined || headers.via !== undefined;
  return !isForwarded && LOOPBACK_ADDRESS.test(socket.remoteAddress ?? "") && LOOPBACK_HOST.test(headers.host ?? "");
}
