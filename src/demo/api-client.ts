import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

/** A client as a frontend would have one: requests over HTTP, subscriptions over WebSocket, one key for both. */
export interface ApiClient {
  readonly ask: <Data>(document: string, variables?: object) => Promise<Data>;
  readonly subscribe: <Data>(document: string, variables: object, onItem: (data: Data) => void) => void;
  readonly close: () => Promise<void>;
}

/** `url` is the base of the gateway's addresses. A refused request is thrown. */
export function openApiClient(url: string, key: string): ApiClient {
  const authorization = `Bearer ${key}`;
  const socket = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  return {
    async ask<Data>(query: string, variables: object = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { readonly data?: Data; readonly errors?: readonly { readonly message: string }[] };
      if (!answer.data || answer.errors)
        throw new Error(answer.errors?.map(({ message }) => message).join(" ") ?? "The gateway gave no answer.");
      return answer.data;
    },
    subscribe<Data>(query: string, variables: object, onItem: (data: Data) => void) {
      const stop = socket.subscribe<Data>(
        { query, variables: { ...variables } },
        {
          next: ({ data }) => data && onItem(data),
          error: () => stop(),
          complete: () => undefined,
        },
      );
    },
    close: async () => socket.dispose(),
  };
}
