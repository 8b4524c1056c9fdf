import { once } from "node:events";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Loose } from "./clients.ts";

/** What a subscription is asked for with, as the protocol has it. */
export interface SubscriptionPayload {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
}

/** A socket of `graphql-transport-ws` without a library's patience: it never comes back by itself, and can stop reading. */
export interface StreamSocket {
  readonly subscribe: (payload: SubscriptionPayload, id?: string) => void;
  /** What came for a subscription so far, in order: answers, and the errors by which one is refused. */
  readonly answers: (id?: string) => readonly Loose[];
  /** Reads nothing more of what the gateway sends, until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly isClosed: () => boolean;
  readonly close: () => void;
}

/** Opens one that was acknowledged, until the end of the test. */
export async function openStreamSocket(url: string, key: string): Promise<StreamSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws", { perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  const answers = new Map<string, Loose[]>();
  let isClosed = false;
  const closed = once(socket, "close").then(([code, reason]) => {
    isClosed = true;
    return { code: code as number, reason: String(reason) };
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${key}` } }));
  const [first] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(first.toString())).toMatchObject({ type: "connection_ack" });
  const listOf = (id: string) => answers.get(id) ?? answers.set(id, []).get(id)!;
  socket.on("message", (data: Buffer) => {
    const { type, id, payload } = JSON.parse(data.toString()) as Loose;
    if (type === "next") listOf(id).push(payload as Loose);
    else if (type === "error") listOf(id).push({ errors: payload as Loose[] });
  });
  return {
    subscribe: (payload, id = "1") => socket.send(JSON.stringify({ id, type: "subscribe", payload })),
    answers: (id = "1") => listOf(id),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    closed,
    isClosed: () => isClosed,
    close: () => socket.close(),
  };
}
