// Opens many sockets to one server and tells when a message had come in at each of them.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import { sharedNow } from "./stamp-commits.ts";

/** What this process is told. */
export type SubscriberOrder =
  | { readonly kind: "open"; readonly url: string; readonly count: number; readonly greeting: Greeting | null }
  | { readonly kind: "expect"; readonly messages: number };

/** Of `graphql-transport-ws`; null: what comes in is not asked for. */
export interface Greeting {
  readonly authorization: string;
  readonly query: string;
}

/** What it tells. `opened`: all sockets are ready. `expecting`: an order was understood. */
export type SubscriberReport = { readonly kind: "opened" } | { readonly kind: "expecting" } | Arrivals;

/** All that was expected has come in, or the time for it is over. */
export interface Arrivals {
  readonly kind: "arrived";
  /** Of the last expected message of each socket, by the clock that all processes of a machine share, in milliseconds, ascending. */
  readonly times: readonly number[];
  /** Sockets that did not get what was expected, or something else or in another order than the first socket. */
  readonly wrong: number;
  /** One message as it came in. */
  readonly sample: string;
}

const OPENING_AT_A_TIME = 100;
const PATIENCE_MILLISECONDS = 30_000;

interface Subscriber {
  readonly socket: WebSocket;
  arrived: Buffer[];
  at: number;
}

const subscribers: Subscriber[] = [];
let expected = Number.POSITIVE_INFINITY;
let complete = 0;
let finish: () => void = () => undefined;

async function openOne(url: string, greeting: Greeting | null): Promise<void> {
  const socket = new WebSocket(url, greeting ? "graphql-transport-ws" : undefined, { perMessageDeflate: false });
  const subscriber: Subscriber = { socket, arrived: [], at: 0 };
  socket.on("close", (code) => console.error(`a socket was closed with ${code}`));
  await once(socket, "open");
  if (greeting) await subscribe(socket, greeting);
  socket.on("message", (data: Buffer) => {
    subscriber.arrived.push(data);
    if (subscriber.arrived.length !== expected) return;
    subscriber.at = sharedNow();
    complete += 1;
    if (complete === subscribers.length) finish();
  });
  subscribers.push(subscriber);
}

/** Resolves once the snapshot is over, and what comes is live. */
async function subscribe(socket: WebSocket, { authorization, query }: Greeting): Promise<void> {
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
  await new Promise<void>((resolve, reject) => {
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text.includes("connection_ack")) socket.send(JSON.stringify({ id: randomUUID(), type: "subscribe", payload: { query } }));
      else if (text.includes("SNAPSHOT_END")) resolve();
      else if (!text.includes("SNAPSHOT")) reject(new Error(text));
    });
  });
  socket.removeAllListeners("message");
}

async function expectMessages(messages: number): Promise<Arrivals> {
  for (const subscriber of subscribers) subscriber.arrived = [];
  expected = messages;
  complete = 0;
  process.send?.({ kind: "expecting" } satisfies SubscriberReport);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MILLISECONDS);
    finish = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  const times = subscribers.filter(({ arrived }) => arrived.length === messages).map(({ at }) => at);
  const told = subscribers.map(({ arrived }) => arrived.map(payloadOf).join("\n"));
  return {
    kind: "arrived",
    times: times.toSorted((one, other) => one - other),
    wrong: told.filter((text, index) => text !== told[0] || subscribers[index]?.arrived.length !== messages).length,
    sample: subscribers[0]?.arrived[0]?.toString() ?? "",
  };
}

/** Ids of subscriptions differ from socket to socket, and nothing else. */
function payloadOf(message: Buffer): string {
  const text = message.toString();
  return text.slice(Math.max(0, text.indexOf('"payload"')));
}

process.once("disconnect", () => process.exit());
process.on("message", (order: SubscriberOrder) => {
  void (async () => {
    if (order.kind === "expect") {
      process.send?.(await expectMessages(order.messages));
      return;
    }
    let left = order.count;
    await Promise.all(
      Array.from({ length: OPENING_AT_A_TIME }, async () => {
        while (left-- > 0) await openOne(order.url, order.greeting);
      }),
    );
    process.send?.({ kind: "opened" } satisfies SubscriberReport);
  })();
});
