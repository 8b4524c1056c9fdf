import { createClient, type Client } from "graphql-ws";

type OperationName =
  | "JoinEvent"
  | "WatchedEvent"
  | "PublishedSlide"
  | "QuestionChanges"
  | "ChatMessageChanges"
  | "LatestChatMessages"
  | "AskQuestion"
  | "UpvoteQuestion"
  | "SendChatMessage";

/** Put in by script/build-player.js. */
declare const OPERATIONS: Readonly<Record<OperationName, string>>;

/** What the gateway said no to, with the code and the words that it gave. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface UserError {
  readonly code: string;
  readonly message: string;
}

type Variables = Record<string, unknown>;

/** What an attendee asks for by one token. */
export interface Gateway {
  /** The data of an operation. Rejects with Refused, or with whatever the network failed by. */
  readonly ask: <Data>(name: OperationName, variables: Variables) => Promise<Data>;
  /** Told whatever comes, without an end: comes back by itself. What is changed in `variables` holds when it does. */
  readonly follow: <Data>(name: OperationName, variables: Variables, onData: (data: Data) => void) => void;
  /** Told whenever a connection is there again: what was said without one may have been missed. */
  readonly onConnected: (listener: () => void) => void;
  readonly isConnected: () => boolean;
  readonly close: () => void;
}

const address = new URL("../graphql", window.location.href);

const PATIENCE_MILLISECONDS = 15_000;
const PING_MILLISECONDS = 15_000;
const PONG_MILLISECONDS = 6_000;
const LONGEST_WAIT_MILLISECONDS = 10_000;

/** `token`: null for somebody who has not joined, to whom `JoinEvent` alone is open. */
export function createGateway(token: string | null): Gateway {
  const authorization = token === null ? null : `Bearer ${token}`;
  const timers = new Set<number>();
  let isClosed = false;
  let client: Client | null = null;
  let isConnected = false;
  const listeners: (() => void)[] = [];

  function noteConnection(isThere: boolean): void {
    isConnected = isThere;
    if (isThere && !isClosed) for (const listener of listeners) listener();
  }

  async function ask<Data>(name: OperationName, variables: Variables): Promise<Data> {
    const response = await fetch(address, {
      method: "POST",
      credentials: "omit",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        ...(authorization && { authorization }),
      },
      body: JSON.stringify({ query: OPERATIONS[name], variables }),
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    const { data, errors = [] } = (await response.json()) as Answer<Data>;
    const [error] = errors;
    if (error) throw new Refused(error.extensions?.code ?? "", error.message);
    if (!data) throw new Refused("", "The answer cannot be read.");
    return data;
  }

  function follow<Data>(name: OperationName, variables: Variables, onData: (data: Data) => void): void {
    if (isClosed) return;
    client ??= openSocket(authorization, noteConnection);
    const again = (): void => {
      if (isClosed) return;
      const timer = window.setTimeout(() => {
        timers.delete(timer);
        follow(name, variables, onData);
      }, LONGEST_WAIT_MILLISECONDS);
      timers.add(timer);
    };
    client.subscribe<Data>(
      { query: OPERATIONS[name], variables },
      {
        next: ({ data }) => {
          if (data && !isClosed) onData(data);
        },
        // The client gives up by itself for a few reasons; nobody would come to reload the page.
        error: again,
        complete: again,
      },
    );
  }

  return {
    ask,
    follow,
    onConnected: (listener) => void listeners.push(listener),
    isConnected: () => isConnected,
    close() {
      isClosed = true;
      for (const timer of timers) window.clearTimeout(timer);
      void client?.dispose();
    },
  };
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function openSocket(authorization: string | null, noteConnection: (isThere: boolean) => void): Client {
  const url = new URL(address);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  let socket: WebSocket | null = null;
  let patience = 0;
  return createClient({
    url: url.href,
    connectionParams: { authorization },
    retryAttempts: Infinity,
    shouldRetry: () => true,
    // Spread out: many may have lost the same gateway at once.
    retryWait: (retries) => wait(Math.random() * Math.min(LONGEST_WAIT_MILLISECONDS, 1_000 * 2 ** Math.min(retries, 4))),
    keepAlive: PING_MILLISECONDS,
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      // A connection that was lost without a word is noticed by a ping that nobody answers.
      ping: (isReceived) => {
        if (isReceived) return;
        const pinged = socket;
        window.clearTimeout(patience);
        patience = window.setTimeout(() => pinged?.close(4408, "No pong"), PONG_MILLISECONDS);
      },
      pong: (isReceived) => {
        if (isReceived) window.clearTimeout(patience);
      },
      connected: () => noteConnection(true),
      closed: () => {
        window.clearTimeout(patience);
        noteConnection(false);
      },
    },
  });
}

export async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => window.setTimeout(resolve, milliseconds));
}
