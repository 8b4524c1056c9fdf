import { once } from "node:events";
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import type { Loose } from "./clients.ts";

/** One answer of `POST /graphql/stream`, without a library's patience: it never comes back by itself, and can stop reading. */
export interface EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All that came so far. */
  readonly text: () => string;
  /** The data of the `next` events so far, in order. */
  readonly answers: () => readonly Loose[];
  /** Bytes that came over the connection, whether they were looked at or not. */
  readonly bytesRead: () => number;
  /** How many lines came that say nothing. */
  readonly comments: () => number;
  readonly hasComplete: () => boolean;
  /** Reads nothing more of what the gateway sends, until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Resolves when the answer is over; `isWhole`: it was ended, and not broken off. */
  readonly ended: Promise<{ readonly isWhole: boolean }>;
  readonly isEnded: () => boolean;
  readonly close: () => void;
}

export interface StreamRequest {
  readonly method?: string;
  /** Null for one that is left out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

/** Asks for one over a connection of its own, until the end of the test. */
export async function openEventStream(
  url: string,
  key: string | null,
  { method = "POST", headers = {}, body }: StreamRequest,
): Promise<EventStream> {
  const sent: Record<string, string | null> = {
    ...{ "content-type": "application/json", accept: "text/event-stream", authorization: key === null ? null : `Bearer ${key}` },
    ...headers,
  };
  const request = requestHttp(`${url}/graphql/stream`, {
    method,
    agent: false,
    headers: Object.fromEntries(Object.entries(sent).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  });
  onTestFinished(() => void request.destroy());
  request.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  // Who breaks the connection off itself is told of it as an error.
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  let text = "";
  let isEnded = false;
  response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const ended = new Promise<{ readonly isWhole: boolean }>((resolve) => {
    response.once("close", () => {
      isEnded = true;
      resolve({ isWhole: response.complete });
    });
  });
  const blocks = () => text.split("\n\n").slice(0, -1);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    answers: () => blocks().flatMap((block) => (block.startsWith("event: next\ndata: ") ? [JSON.parse(block.slice(18)) as Loose] : [])),
    bytesRead: () => response.socket.bytesRead,
    comments: () => blocks().filter((block) => block === ":").length,
    hasComplete: () => blocks().includes("event: complete\ndata: "),
    pause: () => response.pause(),
    resume: () => response.resume(),
    ended,
    isEnded: () => isEnded,
    close: () => request.destroy(),
  };
}
