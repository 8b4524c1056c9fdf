import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import type { TypedDocumentString } from "../generated/documents.ts";

/** What is answered to bare text: a test looks into it as it likes, and fails where it is not what it thought. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = Record<string, any>;

/** A document with its types, or bare text of which nothing is known. */
export type Document<Data, Variables> = TypedDocumentString<Data, Variables> | string;

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data | null | undefined;
  readonly errors: readonly GraphqlAnswerError[];
}

export interface GraphqlAnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

export interface GraphqlClient {
  /** The data of an operation; top-level errors fail the test with the query and the request id. */
  readonly graphql: <Data = Loose, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ) => Promise<Data>;
  /** The whole answer, errors included. */
  readonly ask: <Data = Loose, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ) => Promise<GraphqlAnswer<Data>>;
  /** A subscription whose items wait in a queue. */
  readonly subscribe: <Data = Loose, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ) => TestSubscription<Data>;
  readonly close: () => Promise<void>;
}

export interface TestSubscription<Data> {
  /** The next item; fails the test when none comes in time. */
  readonly next: (milliseconds?: number) => Promise<Data>;
  /** Items until one satisfies the predicate, that one included. */
  readonly until: (isLast: (data: Data) => boolean, milliseconds?: number) => Promise<Data[]>;
  /** What has come so far and was not taken. */
  readonly waiting: () => readonly Data[];
  /** Ends the subscription; the socket stays. */
  readonly end: () => void;
}

const PATIENCE_MILLISECONDS = 10_000;

/** A caller with a key; without one it sends no credential. */
export function createGraphqlClient(url: string, key: string | null): GraphqlClient {
  const authorization = key === null ? null : `Bearer ${key}`;
  const sockets = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    ...(authorization && { connectionParams: { authorization } }),
    retryAttempts: 0,
  });

  async function ask<Data, Variables>(document: Document<Data, Variables>, variables?: Variables): Promise<GraphqlAnswer<Data>> {
    const { headers, body } = requestOf(document.toString(), variables);
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { ...headers, accept: "application/graphql-response+json", ...(authorization && { authorization }) },
      body,
    });
    const { data, errors = [] } = (await response.json()) as { data?: Data | null; errors?: GraphqlAnswerError[] };
    return { status: response.status, headers: response.headers, data, errors };
  }

  return {
    ask,
    async graphql(document, variables) {
      const answer = await ask(document, variables);
      if (answer.errors.length === 0 && answer.data) return answer.data;
      throw new Error(
        `Request ${answer.headers.get("x-request-id")} was answered ${answer.status} with ${JSON.stringify(answer.errors)} to ${document.toString()} with ${JSON.stringify(variables)}`,
      );
    },
    subscribe: (document, variables) => subscribe(sockets, document.toString(), variables as Record<string, unknown> | undefined),
    async close() {
      await sockets.dispose();
    },
  };
}

/** An operation as JSON; where a `Blob` is among its variables, as a GraphQL multipart request. */
function requestOf(query: string, variables: unknown): { readonly headers: Record<string, string>; readonly body: string | FormData } {
  const operations = JSON.stringify({ query, variables }, (_key, value: unknown) => (value instanceof Blob ? null : value));
  const files = filesIn(variables, ["variables"]);
  if (files.length === 0) return { headers: { "content-type": "application/json" }, body: operations };
  const form = new FormData();
  form.append("operations", operations);
  form.append("map", JSON.stringify(Object.fromEntries(files.map(({ path }, index) => [index, [path.join(".")]]))));
  files.forEach(({ file }, index) => form.append(String(index), file, `file ${index}`));
  return { headers: { "apollo-require-preflight": "1" }, body: form };
}

function filesIn(value: unknown, path: readonly string[]): readonly { readonly path: readonly string[]; readonly file: Blob }[] {
  if (value instanceof Blob) return [{ path, file: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => filesIn(inner, [...path, key]));
}

function subscribe<Data>(sockets: Client, query: string, variables: Record<string, unknown> | undefined): TestSubscription<Data> {
  const items: Data[] = [];
  let failure: Error | null = null;
  let isOver = false;
  let wake: () => void = () => undefined;
  const end = sockets.subscribe<Data>(
    { query, ...(variables && { variables }) },
    {
      next({ data, errors }) {
        if (errors) failure = new Error(`The subscription answered ${JSON.stringify(errors)} to ${query}`);
        else if (data) items.push(data);
        wake();
      },
      error(error) {
        failure = error instanceof Error ? error : new Error(describe(error), { cause: error });
        wake();
      },
      complete() {
        isOver = true;
        wake();
      },
    },
  );

  async function next(milliseconds = PATIENCE_MILLISECONDS): Promise<Data> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const item = items.shift();
      if (item !== undefined) return item;
      if (failure) throw failure;
      if (isOver) throw new Error(`The subscription is over: ${query}`);
      if (Date.now() >= deadline) throw new Error(`Nothing came within ${milliseconds} ms: ${query} with ${JSON.stringify(variables)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    next,
    async until(isLast, milliseconds = PATIENCE_MILLISECONDS) {
      const deadline = Date.now() + milliseconds;
      const taken: Data[] = [];
      for (;;) {
        const item = await next(Math.max(1, deadline - Date.now())).catch((error: unknown) => {
          throw new Error(`After ${taken.length} items, the last of them ${JSON.stringify(taken.slice(-3))}`, { cause: error });
        });
        taken.push(item);
        if (isLast(item)) return taken;
      }
    },
    waiting: () => items,
    end,
  };
}

/** Close events and lists of GraphQL errors are no `Error`s. */
function describe(error: unknown): string {
  const { code, reason } = error as { code?: number; reason?: string };
  return code === undefined ? JSON.stringify(error) : `The socket was closed: ${code} ${reason}`;
}
