import { once } from "node:events";
import { WebSocket } from "ws";
import { sharedNow } from "./stamp-commits.ts";

/** A change of a session's status that a subscriber was told of. */
export interface Arrival {
  readonly sessionId: string;
  readonly status: string;
  /** As `sharedNow` tells it. */
  readonly at: number;
}

export interface Follower {
  /** In the order in which they came; may be emptied. */
  readonly arrivals: Arrival[];
  readonly close: () => void;
}

const QUERY = "subscription { sessionChanges(snapshot: true) { kind status sessionId session { name statusReason } } }";

interface Message {
  readonly type: string;
  readonly payload?: {
    readonly data?: { readonly sessionChanges: { readonly kind: string; readonly status: string; readonly sessionId: string } };
  };
}

/** Subscribes to all sessions of an organization over `graphql-transport-ws`; resolves once what happens is told. */
export async function followChanges(url: string, adminKey: string): Promise<Follower> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { perMessageDeflate: false });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${adminKey}` } }));
  await once(socket, "message");
  const arrivals: Arrival[] = [];
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  socket.on("message", (data: Buffer) => {
    const at = sharedNow();
    const { type, payload } = JSON.parse(data.toString()) as Message;
    if (type === "error" || type === "complete") throw new Error(data.toString());
    const change = payload?.data?.sessionChanges;
    if (change?.kind === "STATUS_CHANGED") arrivals.push({ sessionId: change.sessionId, status: change.status, at });
    if (change?.kind === "SNAPSHOT_END") begin();
  });
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: QUERY } }));
  await begun;
  return { arrivals, close: () => socket.close() };
}
