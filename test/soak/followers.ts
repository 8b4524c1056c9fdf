import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";

export interface FollowersOptions {
  readonly url: string;
  readonly key: string;
  readonly count: number;
  /** Sessions that the followers look at, two each, and some of them at all. */
  readonly ids: readonly string[];
}

/** Subscribers, each over a socket of its own, of which some leave and come back all the time. */
export interface Followers {
  /** Items that came. */
  readonly items: () => number;
  readonly connected: () => number;
  /** One of them leaves, in order or as if its cable were cut, and another one comes. */
  readonly replaceOne: () => void;
  readonly failures: readonly string[];
  readonly close: () => Promise<void>;
}

interface Follower {
  readonly client: Client;
  readonly sockets: Set<WebSocket>;
  isLeaving: boolean;
}

type Wish = { readonly query: string; readonly variables?: Record<string, unknown> };

/** Few of them follow everything, as few walls of sessions do. */
function wishOf(number: number, ids: readonly string[]): Wish {
  const mine = [ids[number % ids.length], ids[(number * 7) % ids.length]];
  const filter = { ids: mine };
  if (number % 100 === 0)
    return { query: "subscription { sessionChanges(snapshot: true, heartbeatSeconds: 5) { cursor kind sessionId } }" };
  if (number % 10 === 1) return { query: "subscription { alertChanges(snapshot: true) { kind alert { id code } } }" };
  if (number % 10 === 2)
    return { query: "subscription ($filter: SessionFilter) { sessionSummary(filter: $filter) { total } }", variables: { filter } };
  if (number % 10 === 3) {
    const query = "subscription ($filter: SessionFilter) { sessionTelemetry(filter: $filter, everySeconds: 5) { sessionId } }";
    return { query, variables: { filter } };
  }
  const query = `subscription ($filter: SessionFilter) {
    sessionChanges(filter: $filter, snapshot: true, heartbeatSeconds: 10) { cursor kind matches sessionId session { id name status } } }`;
  return { query, variables: { filter } };
}

export async function openFollowers({ url, key, count, ids }: FollowersOptions): Promise<Followers> {
  const failures: string[] = [];
  const followers: Follower[] = [];
  let items = 0;
  let number = 0;

  function open(): Follower {
    const sockets = new Set<WebSocket>();
    class FollowersSocket extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        sockets.add(this);
        this.once("close", () => sockets.delete(this));
      }
    }
    const client = createClient({
      url: `${url.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: FollowersSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    });
    const follower: Follower = { client, sockets, isLeaving: false };
    const { query, variables } = wishOf((number += 1), ids);
    client.subscribe(
      { query, ...(variables && { variables }) },
      {
        next({ errors }) {
          items += 1;
          if (errors) failures.push(JSON.stringify(errors));
        },
        // Who leaves may be in the middle of connecting; nobody else may lose its socket.
        error: (error) => void (follower.isLeaving || failures.push(describe(error))),
        complete: () => undefined,
      },
    );
    followers.push(follower);
    return follower;
  }

  for (let opened = 0; opened < count; opened += 1) {
    open();
    // As many at once as a gateway takes in a moment.
    if (opened % 20 === 19) await new Promise((done) => setTimeout(done, 100));
  }
  return {
    items: () => items,
    connected: () =>
      followers.reduce((sum, { sockets }) => sum + [...sockets].filter((each) => each.readyState === WebSocket.OPEN).length, 0),
    failures,
    replaceOne() {
      const [leaving] = followers.splice(Math.floor(Math.random() * followers.length), 1);
      if (leaving) leave(leaving);
      open();
    },
    async close() {
      for (const follower of followers) follower.isLeaving = true;
      for (const { client } of followers) await client.dispose();
    },
  };
}

/** In order, or as if its cable were cut. */
function leave(follower: Follower): void {
  follower.isLeaving = true;
  if (Math.random() < 0.5) void follower.client.dispose();
  else follower.sockets.forEach((socket) => socket.terminate());
}

function describe(error: unknown): string {
  const { code, reason } = error as { code?: number; reason?: string };
  if (error instanceof Error) return String(error);
  return code === undefined ? JSON.stringify(error) : `A socket was closed: ${code} ${reason}`;
}
