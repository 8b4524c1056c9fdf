import { sql } from "drizzle-orm";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiKey } from "../../src/access/create-api-key.ts";
import type { AccessLevel } from "../../src/access/level.rules.ts";
import type { PersistedManifest } from "../../src/graphql/persisted-operations.rules.ts";
import { CreateSessionDocument, UpdateSessionDocument } from "../generated/documents.ts";
import { createGraphqlClient, type GraphqlClient, type Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openStreamSocket, type StreamSocket, type SubscriptionPayload } from "../support/stream-socket.ts";

/** Writes; whoever subscribes does so at the other gateway, which does nothing else. */
let server: TestServer;
let gateway: TestServer;
let readsOfSessions = 0;
let sessionId: string;

beforeAll(async () => {
  server = await startTestServer();
  gateway = await startTestServer({
    share: server,
    onStatement(text) {
      if (/ from "?sessions"?/i.test(text)) readsOfSessions += 1;
    },
  });
  sessionId = await createSession(server, "Channel", ["news"]);
});
afterAll(async () => {
  await gateway.stop();
  await server.stop();
});

async function createSession(caller: GraphqlClient, name: string, labels: string[] = []): Promise<string> {
  const { createSession: payload } = await caller.graphql(CreateSessionDocument, {
    input: { name, labels, source: { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" }, playbacks: [] },
  });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

let changes = 0;

/** Another description every time: one that is there already would be no change. */
async function change(): Promise<void> {
  changes += 1;
  const { updateSession: payload } = await server.graphql(UpdateSessionDocument, {
    input: { id: sessionId, description: `Number ${changes}` },
  });
  expect(payload.userErrors).toEqual([]);
}

const keyOf = async (accessLevel: AccessLevel, canIntrospect = true) =>
  (await createApiKey(server.context, { name: `Shared ${Math.random()}`, accessLevel, canIntrospect })).key;

interface Subscriber {
  readonly key: string;
  readonly payload: SubscriptionPayload;
}

/** Subscribes each on a socket of its own, one after the other, and waits until a first change has come to all of them. */
async function followers(subscribers: readonly Subscriber[]): Promise<readonly StreamSocket[]> {
  const sockets: StreamSocket[] = [];
  for (const { key, payload } of subscribers) {
    const socket = await openStreamSocket(gateway.url, key);
    socket.subscribe(payload);
    sockets.push(socket);
    if (isSnapshotWanted(payload)) await expect.poll(() => kindsOf(socket), { timeout: 10_000 }).toContain("SNAPSHOT_END");
  }
  await toAll(sockets);
  return sockets;
}

const isSnapshotWanted = ({ query, variables }: SubscriptionPayload) =>
  query === "" || variables?.["snapshot"] === true || query.includes("snapshot: true");

const itemOf = (answer: Loose | undefined): Loose => answer?.["data"]?.sessionChanges ?? {};
const kindsOf = (socket: StreamSocket) => socket.answers().map((answer) => itemOf(answer)["kind"] as unknown);

/** Makes one change and gives the answer to it of each, which has to be the next one. */
async function toAll(sockets: readonly StreamSocket[]): Promise<readonly Loose[]> {
  const before = sockets.map((socket) => socket.answers().length);
  await change();
  const news = () => sockets.map((socket, index) => socket.answers().slice(before[index]));
  await expect.poll(() => news().map(({ length }) => length), { timeout: 10_000 }).toEqual(sockets.map(() => 1));
  return news().map(([answer]) => answer!);
}

/** What one change costs the gateway, in statements about sessions, with so many subscribers. */
async function costOf(subscribers: readonly Subscriber[]): Promise<{ readonly cost: number; readonly answers: readonly Loose[] }> {
  const sockets = await followers(subscribers);
  const before = readsOfSessions;
  const answers = await toAll(sockets);
  const cost = readsOfSessions - before;
  for (const socket of sockets) socket.close();
  return { cost, answers };
}

const SELECTION = "cursor kind session { name description }";
const WATCH = `subscription { sessionChanges(snapshot: true) { ${SELECTION} } }`;

describe("a change", () => {
  it("is read and answered once for all who ask the same, whoever they are, whatever they call it, wherever they began", async () => {
    const [key, other, blind] = [await keyOf("VIEWER"), await keyOf("VIEWER"), await keyOf("VIEWER", false)];
    const one = await costOf([{ key, payload: { query: WATCH } }]);
    const after = (await server.graphql("{ changeCursor }"))["changeCursor"] as string;
    const alike: readonly Subscriber[] = [
      ...Array.from({ length: 5 }, () => ({ key, payload: { query: WATCH } })),
      ...Array.from({ length: 5 }, () => ({ key: other, payload: { query: WATCH } })),
      { key: blind, payload: { query: WATCH } },
      { key, payload: { query: `subscription Wall {\n  # All of them.\n  sessionChanges(snapshot: true) { ${SELECTION} }\n}` } },
      { key, payload: { query: WATCH, variables: { unused: 1 } } },
      {
        key,
        payload: {
          query: `subscription ($snapshot: Boolean, $after: Cursor) { sessionChanges(snapshot: $snapshot, after: $after) { ${SELECTION} } }`,
          variables: { snapshot: true },
        },
      },
      { key, payload: { query: `subscription ($after: Cursor) { sessionChanges(after: $after) { ${SELECTION} } }`, variables: { after } } },
    ];
    const all = await costOf(alike);
    expect(one.cost).toBeGreaterThan(0);
    expect(all.cost).toBe(one.cost);
    expect(itemOf(all.answers[0])).toMatchObject({ kind: "UPDATED", session: { description: `Number ${changes}` } });
    expect(new Set(all.answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it("is answered once to those who name a persisted operation and those who send it", async () => {
    const manifest = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
    const { id, body } = manifest.operations.find(({ name }) => name === "SessionChanges")!;
    const [key, other] = [await keyOf("VIEWER"), await keyOf("VIEWER")];
    const variables = { snapshot: true };
    const named: Subscriber = { key, payload: { query: "", variables, extensions: { persistedQuery: { version: 1, sha256Hash: id } } } };
    const sent: Subscriber = { key: other, payload: { query: body, variables } };
    const one = await costOf([named]);
    const both = await costOf([named, sent, named, sent]);
    expect(both.cost).toBe(one.cost);
    expect(new Set(both.answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    // Another document beside them costs what it costs alone, and is answered as it was asked.
    const plain: Subscriber = { key, payload: { query: WATCH } };
    const alone = await costOf([plain]);
    const mixed = await costOf([plain, named, plain]);
    expect(mixed.cost).toBe(one.cost + alone.cost);
    expect(mixed.answers.map((answer) => Object.keys(itemOf(answer)).length)).toEqual([3, Object.keys(itemOf(both.answers[0])).length, 3]);
  });
});

describe("nobody is told what another is", () => {
  it("of another level", async () => {
    const query = "subscription { sessionChanges(snapshot: true) { kind session { actions { delete { allowed blockers { code } } } } } }";
    const levels = ["VIEWER", "ADMIN", "OPERATOR", "VIEWER", "EDITOR"] as const;
    const sockets = await followers(await Promise.all(levels.map(async (level) => ({ key: await keyOf(level), payload: { query } }))));
    const answers = await toAll(sockets);
    const denied = { allowed: false, blockers: [{ code: "ACCESS_LEVEL_REQUIRED" }] };
    const allowed = { allowed: true, blockers: [] };
    expect(answers.map((answer) => itemOf(answer)["session"].actions.delete as unknown)).toEqual([
      denied,
      allowed,
      denied,
      denied,
      allowed,
    ]);
  });

  it("of another organization", async () => {
    const theirs = await server.otherOrganization();
    const theirId = await createSession(theirs, "Theirs");
    const [mine] = await followers([{ key: server.key, payload: { query: WATCH } }]);
    const other = await openStreamSocket(gateway.url, theirs.key);
    other.subscribe({ query: WATCH });
    await expect.poll(() => kindsOf(other)).toEqual(["SNAPSHOT", "SNAPSHOT_END"]);
    // Both happen in one transaction, so that one step of the log has both.
    await server.database.transaction("test of two organizations", async (transaction) => {
      await transaction.execute(
        sql`insert into changes (organization_id, object, object_id, kind, at, before, after)
            select organization_id, object, object_id, kind, now(), before, after from changes
            where id in (select max(id) from changes where object = 'SESSION' and object_id in (${sessionId}, ${theirId}) group by object_id)`,
      );
    });
    await expect.poll(() => kindsOf(other).at(-1)).toBe("CREATED");
    await expect.poll(() => kindsOf(mine!).at(-1)).toBe("UPDATED");
    await toAll([mine!]);
    expect(namesOf(other)).toEqual(new Set(["Theirs"]));
    expect(namesOf(mine!).has("Theirs")).toBe(false);
  });

  const namesOf = (socket: StreamSocket) =>
    new Set(socket.answers().flatMap((answer) => (itemOf(answer)["session"] ? [itemOf(answer)["session"].name as string] : [])));

  it("with other variables", async () => {
    const key = await keyOf("VIEWER");
    const query =
      "subscription ($filter: SessionFilter, $name: Boolean = true) { sessionChanges(snapshot: true, filter: $filter) { kind matches session { id name @include(if: $name) } } }";
    const payloads: readonly SubscriptionPayload[] = [
      { query, variables: { filter: { labels: ["news"] } } },
      { query, variables: { filter: { labels: ["news"] }, name: false } },
      { query, variables: { filter: {} } },
      { query: query.replace("= true", "= false"), variables: { filter: {} } },
    ];
    const sockets = await followers(payloads.map((payload) => ({ key, payload })));
    const sport = await openStreamSocket(gateway.url, key);
    sport.subscribe({ query, variables: { filter: { labels: ["sport"] } } });
    await expect.poll(() => kindsOf(sport)).toEqual(["SNAPSHOT_END"]);
    const answers = await toAll(sockets);
    expect(answers.map((answer) => itemOf(answer)["session"] as unknown)).toEqual([
      { id: sessionId, name: "Channel" },
      { id: sessionId },
      { id: sessionId, name: "Channel" },
      { id: sessionId },
    ]);
    const other = await createSession(server, "Match", ["sport"]);
    await expect.poll(() => kindsOf(sport)).toEqual(["SNAPSHOT_END", "CREATED"]);
    await expect.poll(() => itemOf(sockets[2]!.answers().at(-1))["session"] as unknown).toEqual({ id: other, name: "Match" });
    // What comes last shows that the first two were told of the other session nothing.
    await toAll(sockets.slice(0, 2));
  });

  it("where the variable that says where to begin says more", async () => {
    const key = await keyOf("VIEWER");
    const after = (await server.graphql("{ changeCursor }"))["changeCursor"] as string;
    const query =
      "subscription ($snapshot: Boolean!, $after: Cursor) { sessionChanges(snapshot: $snapshot, after: $after) { kind session @include(if: $snapshot) { name } } }";
    const sockets = await followers([
      { key, payload: { query, variables: { snapshot: true } } },
      { key, payload: { query, variables: { snapshot: false, after } } },
    ]);
    const answers = await toAll(sockets);
    expect(answers.map(itemOf)).toEqual([{ kind: "UPDATED", session: { name: "Channel" } }, { kind: "UPDATED" }]);
  });

  it("by another operation of the same document, or another name for the same field", async () => {
    const key = await keyOf("VIEWER");
    const query =
      "subscription A { sessionChanges(snapshot: true) { kind sessionId } } subscription B { sessionChanges(snapshot: true) { kind status } } subscription C { sessionChanges(snapshot: true) { kind status: health } }";
    const sockets = await followers(["A", "B", "C", "A"].map((operationName) => ({ key, payload: { query, operationName } })));
    const answers = await toAll(sockets);
    expect(answers.map(itemOf)).toEqual([
      { kind: "UPDATED", sessionId },
      { kind: "UPDATED", status: "STOPPED" },
      { kind: "UPDATED", status: "OK" },
      { kind: "UPDATED", sessionId },
    ]);
  });

  it("of the names in the schema, without the right to read it, though another has asked the same", async () => {
    const [key, blind] = [await keyOf("VIEWER"), await keyOf("VIEWER", false)];
    const wrong: readonly SubscriptionPayload[] = [
      { query: "subscription { sessionChanges { kinds } }" },
      {
        query: "subscription ($status: [SessionStatus!]) { sessionChanges(filter: { status: $status }) { kind } }",
        variables: { status: ["STOPED"] },
      },
    ];
    for (const payload of wrong) {
      const told: string[] = [];
      for (const each of [key, blind, key, blind]) {
        const socket = await openStreamSocket(gateway.url, each);
        socket.subscribe(payload);
        await expect.poll(() => socket.answers().length).toBe(1);
        told.push(JSON.stringify(socket.answers()[0]!["errors"]));
      }
      expect(told.map((text) => /Did you mean/.test(text))).toEqual([true, false, true, false]);
    }
  });
});

describe("attendees", () => {
  it("are each answered on their own, however alike they ask", async () => {
    const eventId = await createEvent();
    const [ada, bob] = [await join(eventId, "Ada"), await join(eventId, "Bob")];
    const query =
      "subscription ($id: ID!) { questionChanges(eventId: $id, snapshot: true) { kind question { text status isMine hasUpvoted } } }";
    const keys = [ada.key, bob.key, await keyOf("VIEWER"), await keyOf("OPERATOR")];
    const sockets: StreamSocket[] = [];
    for (const key of keys) {
      const socket = await openStreamSocket(gateway.url, key);
      socket.subscribe({ query, variables: { id: eventId } });
      await expect.poll(() => socket.answers().length).toBe(1);
      sockets.push(socket);
    }
    const told = () =>
      sockets.map((socket) =>
        socket
          .answers()
          .slice(1)
          .map((answer) => answer["data"].questionChanges as Loose),
      );
    const { askQuestion } = await ada.graphql(
      `mutation ($eventId: ID!) { askQuestion(input: { eventId: $eventId, text: "When?" }) { question { id } userErrors { code } } }`,
      { eventId },
    );
    expect(askQuestion.userErrors).toEqual([]);
    const asked = { text: "When?", status: "NEW", hasUpvoted: false };
    const created = (isMine: boolean) => ({ kind: "CREATED", question: { ...asked, isMine } });
    await expect.poll(told).toEqual([[created(true)], [], [], [created(false)]]);
    const operator = createGraphqlClient(server.url, keys[3]!);
    await operator.graphql(`mutation ($ids: [ID!]!) { moderateQuestions(input: { ids: $ids, action: APPROVE }) { userErrors { code } } }`, {
      ids: [askQuestion.question.id],
    });
    await expect.poll(() => told().map((list) => list.at(-1)?.["question"].status as unknown)).toEqual(Array(4).fill("APPROVED"));
    await bob.graphql(`mutation ($id: ID!) { upvoteQuestion(input: { id: $id }) { userErrors { code } } }`, {
      id: askQuestion.question.id,
    });
    await operator.graphql(`mutation ($id: ID!) { replyToQuestion(input: { id: $id, text: "Soon." }) { userErrors { code } } }`, {
      id: askQuestion.question.id,
    });
    const last = () => told().map((list) => [list.at(-1)?.["question"].isMine, list.at(-1)?.["question"].hasUpvoted] as unknown);
    await expect.poll(last).toEqual([
      [true, false],
      [false, true],
      [false, false],
      [false, false],
    ]);
  });

  async function createEvent(): Promise<string> {
    const { createTemplate } = await server.graphql(
      `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
    );
    const { createEvent: made } = await server.graphql(
      `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { message } } }`,
      {
        input: {
          title: "Town hall",
          messagingMode: "MODERATED_QA",
          languages: [{ code: "de", label: "Deutsch", templateId: createTemplate.template.id }],
        },
      },
    );
    expect(made.userErrors).toEqual([]);
    return made.event.id as string;
  }

  async function join(eventId: string, displayName: string): Promise<GraphqlClient & { readonly key: string }> {
    const { joinEvent } = await createGraphqlClient(server.url, null).graphql(
      `mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token } }`,
      { input: { eventId, displayName } },
    );
    return { ...createGraphqlClient(server.url, joinEvent.token), key: joinEvent.token as string };
  }
});

describe("an answer that failed for all who share it", () => {
  it("tells each the id of its own request, and nothing of why", async () => {
    const [key, other] = [await keyOf("VIEWER"), await keyOf("VIEWER")];
    const query = "subscription { sessionChanges(snapshot: true) { kind session { runs(first: 1) { totalCount } } } }";
    const sockets = await followers([key, other].map((each) => ({ key: each, payload: { query } })));
    await server.database.executor.execute(sql`alter table runs rename to runs_elsewhere`);
    const answers = await toAll(sockets).finally(() => server.database.executor.execute(sql`alter table runs_elsewhere rename to runs`));
    const errors = answers.map((answer) => answer["errors"][0] as Loose);
    expect(errors.map(({ extensions }) => extensions.code as unknown)).toEqual(["INTERNAL_SERVER_ERROR", "INTERNAL_SERVER_ERROR"]);
    expect(new Set(errors.map(({ extensions }) => extensions.requestId as unknown)).size).toBe(2);
    expect(JSON.stringify(answers)).not.toContain("elsewhere");
    expect((await toAll(sockets)).map((answer) => answer["errors"] as unknown)).toEqual([undefined, undefined]);
  });
});
