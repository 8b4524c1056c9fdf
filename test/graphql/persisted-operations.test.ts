import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createPersistedQueryManifestVerificationLink, generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { createClient } from "graphql-ws";
import { parse, print } from "graphql";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { createPersistedOperations } from "../../src/graphql/persisted-operations.ts";
import { sha256, toManifest, type PersistedManifest } from "../../src/graphql/persisted-operations.rules.ts";
import { Fault } from "../../src/shared/user-error.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const manifest = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
const idOf = (name: string) => manifest.operations.find((each) => each.name === name)!.id;
const documents = readdirSync("schema/operations").map((name) => parse(readFileSync(`schema/operations/${name}`, "utf8")));
const byHash = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });

let allowing: TestServer;
let strict: TestServer;
beforeAll(async () => {
  allowing = await startTestServer();
  strict = await startTestServer({ share: allowing, persistedOperations: "only" });
});
afterAll(async () => {
  await strict.stop();
  await allowing.stop();
});

interface Answer {
  readonly status: number;
  readonly data?: Loose | null;
  readonly errors?: readonly Loose[];
}

async function post(server: TestServer, body: object, accept = "application/graphql-response+json"): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", accept },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

async function get(server: TestServer, parameters: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql?${new URLSearchParams(parameters)}`, {
    headers: { authorization: `Bearer ${server.key}`, "apollo-require-preflight": "1" },
  });
  return { status: response.status, ...((await response.json()) as object) };
}

describe("the list", () => {
  it("holds every operation once, with its fragments and the types of all it answers, under the hash of its text", () => {
    expect(manifest).toEqual(toManifest(documents));
    const names = documents.flatMap(({ definitions }) =>
      definitions.flatMap((each) => (each.kind === "OperationDefinition" ? [each.name!.value] : [])),
    );
    expect(manifest.operations.map(({ name }) => name)).toEqual(names.toSorted());
    for (const { id, body } of manifest.operations) {
      expect(id).toBe(sha256(body));
      expect(print(parse(body))).toBe(body);
    }
  });

  it("is of what the main job takes", () => {
    const MAIN_JOB = [
      "WhoAmI",
      "CreateTemplate",
      "ImportSessionsCsv",
      "ExportSessionsCsv",
      "Sessions",
      "Session",
      "CreateSession",
      "UpdateSession",
    ];
    const RUNNING = [
      "StartSessions",
      "StopSessions",
      "RestartSessions",
      "DeleteSessions",
      "SwitchSessionInputs",
      "ClearSessionAlerts",
      "SessionChanges",
    ];
    expect(manifest.operations.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...MAIN_JOB, ...RUNNING, "AlertChanges", "RateLimit"]),
    );
  });

  it.each([
    ["query A { caller { actor } } query A { changeCursor }", "Two operations are called A."],
    ["{ changeCursor }", "An operation of the list has no name."],
    ["query A { caller { ...Nothing } }", "There is no fragment Nothing."],
  ])("cannot be made of %s", (text, message) => {
    expect(() => toManifest([parse(text)])).toThrow(message);
  });
});

describe("what a request means", () => {
  const [listed] = toManifest([parse("query A { changeCursor }")]).operations;
  const { id, body } = listed!;
  const other = "query B { changeCursor }";
  const unknown = "0".repeat(64);

  it.each([
    ["a document", { query: other }, other, "OPERATION_NOT_ALLOWED"],
    ["a listed document", { query: body }, body, body],
    ["a documentId", { documentId: `sha256:${id}` }, body, body],
    ["a bare documentId", { documentId: id }, body, body],
    ["Apollo's extension", { extensions: byHash(id) }, body, body],
    ["a listed hash with its document", { query: body, extensions: byHash(id) }, body, body],
    ["a listed hash with another document", { query: other, extensions: byHash(id) }, body, body],
    ["an unknown hash with a document", { query: other, extensions: byHash(unknown) }, other, "OPERATION_NOT_ALLOWED"],
    ["an unknown hash with a listed document", { query: body, extensions: byHash(unknown) }, body, body],
    ["an unknown hash", { extensions: byHash(unknown) }, "BAD_REQUEST", "OPERATION_NOT_ALLOWED"],
    ["an unknown documentId", { documentId: `sha256:${unknown}` }, "BAD_REQUEST", "OPERATION_NOT_ALLOWED"],
    ["a documentId of another kind", { documentId: "md5:0" }, "BAD_REQUEST", "OPERATION_NOT_ALLOWED"],
    ["a hash that is no text", { extensions: { persistedQuery: { sha256Hash: 7 } } }, "BAD_REQUEST", "OPERATION_NOT_ALLOWED"],
    ["other extensions", { query: other, extensions: { tracing: true } }, other, "OPERATION_NOT_ALLOWED"],
    ["nothing", {}, undefined, "OPERATION_NOT_ALLOWED"],
    ["no text", { query: 7 }, undefined, "OPERATION_NOT_ALLOWED"],
  ])("of %s", (_, parameters, allowed, only) => {
    const outcomes = (["allow", "only"] as const).map((mode) => {
      try {
        return createPersistedOperations({ operations: [listed!] }, mode).textOf(parameters);
      } catch (error) {
        return error instanceof Fault ? error.code : error;
      }
    });
    expect(outcomes).toEqual([allowed, only]);
  });
});

describe("a gateway that runs listed operations alone", () => {
  it("answers their hashes, by POST and by GET, in either convention", async () => {
    for (const answer of [
      await post(strict, { documentId: `sha256:${idOf("WhoAmI")}` }),
      await post(strict, { extensions: byHash(idOf("WhoAmI")) }),
      await get(strict, { documentId: `sha256:${idOf("WhoAmI")}` }),
      await get(strict, { extensions: JSON.stringify(byHash(idOf("WhoAmI"))) }),
    ]) {
      expect(answer).toMatchObject({ status: 200, data: { caller: { accessLevel: "ADMIN", __typename: "Caller" } } });
    }
    const page = await post(strict, { documentId: `sha256:${idOf("Sessions")}`, variables: { first: 1 }, operationName: "Sessions" });
    expect(page.data).toMatchObject({ sessions: { totalCount: 0 } });
  });

  it.each([
    ["another document", { query: "{ changeCursor }" }],
    ["introspection", { query: "{ __schema { queryType { name } } }" }],
    ["another document under a listed name", { query: "query WhoAmI { caller { actor } }", operationName: "WhoAmI" }],
    ["a hash that is not listed", { extensions: byHash("0".repeat(64)) }],
  ])("refuses %s, and says what it takes", async (_, body) => {
    const [answer, plain] = [await post(strict, body), await post(strict, body, "application/json")];
    expect([answer.status, plain.status]).toEqual([400, 200]);
    expect(answer.errors).toEqual([
      {
        message: expect.stringContaining("schema/persisted-operations.json"),
        extensions: { code: "OPERATION_NOT_ALLOWED", requestId: expect.any(String) },
      },
    ]);
  });

  it("still wants a credential, and no mutation by GET", async () => {
    const response = await fetch(`${strict.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ documentId: `sha256:${idOf("WhoAmI")}` }),
    });
    expect(response.status).toBe(401);
    expect((await get(strict, { documentId: `sha256:${idOf("StopSessions")}` })).status).toBe(405);
  });

  it("does the same over WebSocket", async () => {
    const subscribe = async (payload: { query: string; extensions?: Record<string, unknown> }): Promise<unknown> => {
      const client = createClient({
        url: `${strict.url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${strict.key}` },
        retryAttempts: 0,
      });
      onTestFinished(() => void client.dispose());
      return new Promise((resolve) => {
        client.subscribe<Loose>(
          { ...payload, variables: { snapshot: true } },
          {
            next: ({ data, errors }) => resolve(data ? data["sessionChanges"].kind : errors),
            error: (errors) => resolve((errors as Loose[])[0]?.["extensions"].code),
            complete: () => undefined,
          },
        );
      });
    };
    const text = manifest.operations.find(({ name }) => name === "SessionChanges")!.body;
    expect(await subscribe({ query: "", extensions: byHash(idOf("SessionChanges")) })).toBe("SNAPSHOT_END");
    expect(await subscribe({ query: text })).toBe("SNAPSHOT_END");
    expect(await subscribe({ query: "subscription { sessionChanges(snapshot: true) { kind } }" })).toBe("OPERATION_NOT_ALLOWED");
    expect(await subscribe({ query: "", extensions: byHash("0".repeat(64)) })).toBe("OPERATION_NOT_ALLOWED");
  });
});

describe("stock Apollo Client", () => {
  /** An operation as a frontend has it in its sources, with the fragments that it spreads. */
  const definitionsOf = (name: string) => {
    const definitions = documents.flatMap((document) => document.definitions);
    const operation = print(definitions.find((each) => each.kind === "OperationDefinition" && each.name?.value === name)!);
    const fragments = definitions.filter((each) => each.kind === "FragmentDefinition" && operation.includes(`...${each.name.value}\n`));
    return gql([operation, ...fragments.map((each) => print(each))].join("\n"));
  };

  function clientOf(server: TestServer, link: PersistedQueryLink) {
    const sent: Loose[] = [];
    const http = new HttpLink({
      uri: `${server.url}/graphql`,
      headers: { authorization: `Bearer ${server.key}` },
      fetch: (input, init) => {
        sent.push(JSON.parse(String(init?.body)) as Loose);
        return fetch(input, init);
      },
    });
    const failed: unknown[] = [];
    const verification = createPersistedQueryManifestVerificationLink({
      loadManifest: async () => manifest as never,
      onVerificationFailed: ({ reason }) => failed.push(reason),
    });
    // The package brings the other build of the same class.
    const links = [verification as unknown as ApolloLink, link, http];
    const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from(links) });
    onTestFinished(() => client.stop());
    return { client, sent, failed };
  }

  it("reads the list as it is, and sends hashes alone", async () => {
    const link = new PersistedQueryLink(generatePersistedQueryIdsFromManifest({ loadManifest: async () => manifest as never }));
    const { client, sent, failed } = clientOf(strict, link);
    const { data } = await client.query<Loose>({ query: definitionsOf("WhoAmI") });
    expect(data?.["caller"].accessLevel).toBe("ADMIN");
    await client.query({ query: definitionsOf("Alerts"), variables: { first: 1 } });
    const hashes = sent.map(({ query, extensions }) => [query, extensions.persistedQuery.sha256Hash]);
    expect(hashes).toEqual(["WhoAmI", "Alerts"].map((name) => [undefined, idOf(name)]));
    // Its own text of each operation is that of the list, the types that its cache asks for included.
    expect(failed).toEqual([]);
  });

  it("that tries hashes of its own sends the document when it is not listed", async () => {
    const { client, sent } = clientOf(allowing, new PersistedQueryLink({ sha256: async (text) => sha256(text) }));
    const { data } = await client.query<Loose>({ query: gql("query Own { changeCursor }") });
    expect(data?.["changeCursor"]).toEqual(expect.any(String));
    expect(sent.map(({ query }) => query)).toEqual([undefined, expect.stringContaining("query Own")]);
  });
});
