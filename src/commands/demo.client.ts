import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

export interface DemoClient {
  /** Asks over HTTP and gives the data; throws with the messages of any error. */
  readonly ask: <Data>(document: string, variables?: Readonly<Record<string, unknown>>) => Promise<Data>;
  /** Hands every item of a subscription on as it is pushed, until the client is closed. */
  readonly subscribe: <Data>(document: string, variables: Readonly<Record<string, unknown>>, onItem: (data: Data) => void) => void;
  readonly close: () => Promise<void>;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** Speaks to a gateway as any client of it does: GraphQL over HTTP and over WebSocket, with an API key. */
export function createDemoClient(baseUrl: string, key: string): DemoClient {
  const endpoint = `${baseUrl}/graphql`;
  const authorization = `Bearer ${key}`;
  const socket = createClient({ url: endpoint.replace(/^http/, "ws"), webSocketImpl: WebSocket, connectionParams: { authorization } });
  return {
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}) {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as Answer<Data>;
      if (answer.errors?.length || !answer.data) throw new Error(answer.errors?.map(({ message }) => message).join("\n") ?? "No answer");
      return answer.data;
    },
    subscribe<Data>(query: string, variables: Readonly<Record<string, unknown>>, onItem: (data: Data) => void) {
      socket.subscribe<Data>(
        { query, variables: { ...variables } },
        { next: ({ data }) => data && onItem(data), error: () => undefined, complete: () => undefined },
      );
    },
    close: async () => socket.dispose(),
  };
}
