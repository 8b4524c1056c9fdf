import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { ODD } from "./writers.ts";

/** What a subscriber was told of a change: whether the object was in the filter after it. */
export interface Subscriber {
  /** By session, in the order in which they came. */
  readonly told: ReadonlyMap<string, readonly boolean[]>;
  readonly count: () => number;
  /** Resolves when the snapshot has come. */
  readonly ready: Promise<void>;
}

export interface Subscribers {
  readonly all: readonly Subscriber[];
  /** What went wrong with sockets or subscriptions; none is opened again. */
  readonly failures: readonly string[];
  readonly close: () => Promise<void>;
}

export interface SubscribersOptions {
  readonly url: string;
  readonly key: string;
  readonly count: number;
}

/** Everything about objects that enter the filter, stay in it, or leave it: whether one is missing or out of order shows in `matches`. */
const DOCUMENT = `subscription Follow { sessionChanges(filter: { search: "${ODD}" }, snapshot: true) { kind matches sessionId } }`;

interface Item {
  readonly sessionChanges: { readonly kind: string; readonly matches: boolean; readonly sessionId: string | null };
}

/** Followers of the same filter, each over a socket of its own, that remember what they were told of whom. */
export function openSubscribers({ url, key, count }: SubscribersOptions): Subscribers {
  const failures: string[] = [];
  let isClosing = false;
  const clients = Array.from({ length: count }, () =>
    createClient({
      url: `${url.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    }),
  );

  function follow(client: (typeof clients)[number]): Subscriber {
    const told = new Map<string, boolean[]>();
    let total = 0;
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    client.subscribe<Item>(
      { query: DOCUMENT },
      {
        next({ data, errors }) {
          if (errors) failures.push(JSON.stringify(errors));
          const { kind, matches, sessionId } = data?.sessionChanges ?? { kind: "", matches: false, sessionId: null };
          if (kind === "SNAPSHOT_END") isReady();
          if (kind !== "UPDATED" || sessionId === null) return;
          total += 1;
          const items = told.get(sessionId) ?? [];
          items.push(matches);
          told.set(sessionId, items);
        },
        error: (error) => void failures.push(describe(error)),
        complete: () => void (isClosing || failures.push("A subscription was completed")),
      },
    );
    return { told, count: () => total, ready };
  }

  return {
    all: clients.map(follow),
    failures,
    async close() {
      isClosing = true;
      await Promise.all(clients.map(async (client) => client.dispose()));
    },
  };
}

function describe(error: unknown): string {
  const { code, reason } = error as { code?: number; reason?: string };
  return code === undefined ? JSON.stringify(error) : `A socket was closed: ${code} ${reason}`;
}
