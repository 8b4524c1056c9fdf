import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";

/** What a partner was sent; its signature was checked by the library of the convention. */
export interface ReceivedMessage {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly objectId: string; readonly sequence: number; readonly cursor: string };
  readonly path: string;
  /** When it came, in milliseconds of `performance.now`. */
  readonly at: number;
}

/** How a partner answers: with a status, or by itself. */
export type Answering = number | ((response: ServerResponse, message: ReceivedMessage) => unknown);

export interface Receiver {
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  /** What it signs with; before it is set, nothing is checked. */
  secret: string | null;
  answering: Answering;
  /** Requests that are not answered yet, now and at most. */
  readonly open: { now: number; most: number };
  /** Waits until there are so many messages, and gives them. */
  readonly until: (count: number) => Promise<readonly ReceivedMessage[]>;
  readonly close: () => void;
}

/** More than the claim of a gateway that was killed holds up its webhook. */
const PATIENCE_MILLISECONDS = 60_000;

/** A partner's server on loopback; it ends with the test. */
export async function startReceiver(answering: Answering = 204, port = 0): Promise<Receiver> {
  const messages: ReceivedMessage[] = [];
  const failures: unknown[] = [];
  const open = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    response.once("close", () => (open.now -= 1));
    receive(request, response).catch((error: unknown) => {
      failures.push(error);
      response.writeHead(500).end();
    });
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const headers = request.headers as Record<string, string>;
    if (receiver.secret !== null) new Webhook(receiver.secret).verify(body, headers);
    const parsed = JSON.parse(body) as Omit<ReceivedMessage, "id" | "path" | "at">;
    const message = { ...parsed, id: headers["webhook-id"] ?? "", path: request.url ?? "", at: performance.now() };
    messages.push(message);
    if (typeof receiver.answering === "number") response.writeHead(receiver.answering).end("{}");
    else receiver.answering(response, message);
  }

  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  const receiver: Receiver = {
    url: "",
    messages,
    secret: null,
    answering,
    open,
    async until(count) {
      const deadline = Date.now() + PATIENCE_MILLISECONDS;
      while (messages.length < count) {
        if (failures.length > 0) throw new Error("A message was not as it has to be", { cause: failures[0] });
        if (Date.now() > deadline) throw new Error(`${messages.length} of ${count} messages came: ${JSON.stringify(messages.slice(-3))}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return messages;
    },
    close,
  };
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(close);
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
