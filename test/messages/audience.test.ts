import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decideModeration, type ModerationAction, type QuestionStatus } from "../../src/messages/message.rules.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let templateId: string;
const clients: GraphqlClient[] = [];

beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
  );
  templateId = createTemplate.template.id;
});

afterAll(async () => {
  for (const client of clients) await client.close();
  await server.stop();
});

async function createEvent(input: object = {}): Promise<string> {
  const { createEvent: made } = await server.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { code message } } }`,
    { input: { title: "Town hall", messagingMode: "MODERATED_QA", languages: [{ code: "de", label: "Deutsch", templateId }], ...input } },
  );
  expect(made.userErrors).toEqual([]);
  return made.event.id as string;
}

const JOIN = `mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token userErrors { code path } } }`;
const nobody = () => createGraphqlClient(server.url, null);

async function join(eventId: string, displayName: string, accessCode?: string): Promise<GraphqlClient> {
  const { joinEvent } = await nobody().graphql(JOIN, { input: { eventId, displayName, accessCode } });
  const client = createGraphqlClient(server.url, joinEvent.token);
  clients.push(client);
  return client;
}

const ASK = `mutation ($eventId: ID!, $text: String!) { askQuestion(input: { eventId: $eventId, text: $text }) { question { id } userErrors { code path } } }`;
const UPVOTE = `mutation ($id: ID!) { upvoteQuestion(input: { id: $id }) { question { upvotes hasUpvoted } userErrors { code } } }`;
const MODERATE = `mutation ($ids: [ID!]!, $action: ModerationAction!) { moderateQuestions(input: { ids: $ids, action: $action }) { questions { id status } userErrors { code path } } }`;
const LIST = `query ($id: ID!) { publicEvent(id: $id) { title status questions { totalCount nodes { text authorName status upvotes hasUpvoted isMine replies { text authorName } } } } }`;

async function ask(client: GraphqlClient, eventId: string, text: string): Promise<string> {
  const { askQuestion } = await client.graphql(ASK, { eventId, text });
  expect(askQuestion.userErrors).toEqual([]);
  return askQuestion.question.id as string;
}

describe("the way in", () => {
  it("is open without a credential, and nothing else is", async () => {
    const eventId = await createEvent();
    expect((await nobody().ask(JOIN, { input: { eventId } })).status).toBe(200);
    const closed = [
      `query { publicEvent(id: "${eventId}") { title } }`,
      `mutation { joinEvent(input: { eventId: "${eventId}" }) { token } createTemplate(input: { name: "x", renditions: [] }) { template { id } } }`,
      `query { nothingOfTheKind }`,
      `{ __schema { types { name } } }`,
      `mutation { ...F } fragment F on Mutation { joinEvent(input: { eventId: "${eventId}" }) { token } }`,
    ];
    for (const document of closed) {
      const answer = await nobody().ask(document);
      expect([answer.status, answer.errors.map(({ extensions }) => extensions.code)]).toEqual([401, ["UNAUTHENTICATED"]]);
    }
  });

  it("asks for the code of an event that has one, and ends with it", async () => {
    const eventId = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const attempt = async (accessCode?: string) => (await nobody().graphql(JOIN, { input: { eventId, accessCode } })).joinEvent;
    expect((await attempt()).userErrors).toEqual([{ code: "REQUIRED", path: ["input", "accessCode"] }]);
    expect((await attempt("sesame42")).userErrors).toEqual([{ code: "INVALID_VALUE", path: ["input", "accessCode"] }]);
    const attendee = await join(eventId, "Ada", " Sesame42 ");
    expect((await attendee.graphql(LIST, { id: eventId })).publicEvent.title).toBe("Town hall");
    await server.graphql(`mutation ($id: ID!) { updateEvent(input: { id: $id, accessCode: "Another1" }) { userErrors { code } } }`, {
      id: eventId,
    });
    expect((await attendee.ask(LIST, { id: eventId })).status).toBe(401);
  });

  it("keeps who guesses codes from trying on", async () => {
    const eventId = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const codes: string[] = [];
    for (let guess = 0; guess < 130 && codes.at(-1) !== "RATE_LIMITED"; guess += 1) {
      const { data, errors } = await nobody().ask(JOIN, { input: { eventId, accessCode: `guess ${guess}` } });
      codes.push(errors[0]?.extensions.code ?? data?.joinEvent.userErrors[0].code);
    }
    expect(new Set(codes)).toEqual(new Set(["INVALID_VALUE", "RATE_LIMITED"]));
  });

  it("leads to one event alone, and to nothing of the organization", async () => {
    const [eventId, otherId] = [await createEvent(), await createEvent()];
    const attendee = await join(eventId, "Ada");
    expect((await attendee.graphql(LIST, { id: otherId })).publicEvent).toBeNull();
    const { askQuestion } = await attendee.graphql(ASK, { eventId: otherId, text: "May I?" });
    expect(askQuestion.userErrors).toEqual([{ code: "NOT_FOUND", path: ["input", "eventId"] }]);
    for (const document of [
      `{ events { totalCount } }`,
      `{ sessions { totalCount } }`,
      `{ node(id: "${eventId}") { id } }`,
      `{ caller { actor } }`,
    ]) {
      expect((await attendee.ask(document)).errors.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
    }
  });

  it("shows nothing of a test", async () => {
    const eventId = await createEvent();
    const attendee = await join(eventId, "Ada");
    await server.graphql(`mutation ($id: ID!) { startEventTest(input: { id: $id }) { userErrors { code } } }`, { id: eventId });
    const { publicEvent } = await attendee.graphql(`query ($id: ID!) { publicEvent(id: $id) { status languages { code hlsUrl } } }`, {
      id: eventId,
    });
    expect(publicEvent).toEqual({ status: "SCHEDULED", languages: [{ code: "de", hlsUrl: null }] });
  });
});

describe("questions", () => {
  let eventId: string;
  let ada: GraphqlClient;
  let bob: GraphqlClient;

  beforeEach(async () => {
    eventId = await createEvent();
    [ada, bob] = [await join(eventId, "Ada"), await join(eventId, "Bob")];
  });

  it("are seen by their author and moderators, and by all once they are approved", async () => {
    const id = await ask(ada, eventId, "  How long is it? ");
    const seen = async (client: GraphqlClient) => (await client.graphql(LIST, { id: eventId })).publicEvent.questions;
    expect((await seen(ada)).nodes).toEqual([
      { text: "How long is it?", authorName: "Ada", status: "NEW", upvotes: 0, hasUpvoted: false, isMine: true, replies: [] },
    ]);
    expect(await seen(bob)).toEqual({ totalCount: 0, nodes: [] });
    expect((await bob.graphql(UPVOTE, { id })).upvoteQuestion.userErrors).toEqual([{ code: "NOT_FOUND" }]);
    const viewer = await server.callerOfLevel("VIEWER");
    const listed = `query ($id: ID!) { event(id: $id) { questions { totalCount } } }`;
    expect((await viewer.graphql(listed, { id: eventId })).event.questions.totalCount).toBe(0);
    expect((await server.graphql(listed, { id: eventId })).event.questions.totalCount).toBe(1);
    expect((await viewer.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id })).node).toBeNull();

    const operator = await server.callerOfLevel("OPERATOR");
    expect((await viewer.graphql(MODERATE, { ids: [id], action: "APPROVE" })).moderateQuestions.userErrors[0].code).toBe(
      "ACCESS_LEVEL_REQUIRED",
    );
    expect((await operator.graphql(MODERATE, { ids: [id], action: "APPROVE" })).moderateQuestions.questions).toEqual([
      { id, status: "APPROVED" },
    ]);
    expect((await bob.graphql(UPVOTE, { id })).upvoteQuestion).toEqual({ question: { upvotes: 1, hasUpvoted: true }, userErrors: [] });
    expect((await bob.graphql(UPVOTE, { id })).upvoteQuestion.userErrors).toEqual([{ code: "ALREADY_IN_STATE" }]);
    await operator.graphql(`mutation ($id: ID!) { replyToQuestion(input: { id: $id, text: "An hour." }) { userErrors { code } } }`, { id });
    expect((await seen(bob)).nodes).toEqual([
      {
        ...{ text: "How long is it?", authorName: "Ada", status: "ANSWERED", upvotes: 1, hasUpvoted: true, isMine: false },
        replies: [{ text: "An hour.", authorName: "Moderator" }],
      },
    ]);
    await operator.graphql(MODERATE, { ids: [id], action: "DECLINE" });
    expect((await seen(bob)).totalCount).toBe(0);
    expect((await seen(ada)).nodes[0].status).toBe("DECLINED");
  });

  it("are pushed to those who may see them, and taken back from those who may not any more", async () => {
    const CHANGES = `subscription ($eventId: ID!) { questionChanges(eventId: $eventId, snapshot: true) { kind questionId question { text status isMine } } }`;
    const [adas, bobs, moderators] = [ada, bob, server].map((client) => client.subscribe(CHANGES, { eventId }));
    for (const changes of [adas!, bobs!, moderators!]) expect((await changes.next()).questionChanges.kind).toBe("SNAPSHOT_END");
    const id = await ask(ada, eventId, "Why?");
    const own = { kind: "CREATED", questionId: id, question: { text: "Why?", status: "NEW", isMine: true } };
    expect((await adas!.next()).questionChanges).toEqual(own);
    expect((await moderators!.next()).questionChanges).toEqual({ ...own, question: { ...own.question, isMine: false } });
    await server.graphql(MODERATE, { ids: [id], action: "APPROVE" });
    expect((await bobs!.next()).questionChanges).toMatchObject({ questionId: id, question: { status: "APPROVED", isMine: false } });
    await server.graphql(MODERATE, { ids: [id], action: "DECLINE" });
    expect((await bobs!.next()).questionChanges).toEqual({ kind: "DELETED", questionId: id, question: null });
    expect(bobs!.waiting()).toEqual([]);
  });

  it("are counted right when many vote at once, each once", async () => {
    const id = await ask(ada, eventId, "All of us?");
    await server.graphql(MODERATE, { ids: [id], action: "APPROVE" });
    const crowd = await Promise.all(Array.from({ length: 12 }, (_, index) => join(eventId, `Guest ${index}`)));
    await Promise.all([...crowd, ...crowd].map((client) => client.ask(UPVOTE, { id })));
    expect((await ada.graphql(LIST, { id: eventId })).publicEvent.questions.nodes[0].upvotes).toBe(12);
  });

  it("are refused when they come too fast, are too long, or are none", async () => {
    for (let count = 0; count < 5; count += 1) await ask(ada, eventId, `Question ${count}`);
    expect((await ada.ask(ASK, { eventId, text: "One more" })).errors.map(({ extensions }) => extensions.code)).toEqual(["RATE_LIMITED"]);
    for (const text of ["", "  ", "x".repeat(501)]) {
      expect((await bob.graphql(ASK, { eventId, text })).askQuestion.userErrors).toEqual([
        { code: "INVALID_VALUE", path: ["input", "text"] },
      ]);
    }
  });

  it("are asked where there is Q&A, by attendees, until the event ends", async () => {
    const silent = await createEvent({ messagingMode: "DISABLED" });
    const guest = await join(silent, "Cy");
    expect((await guest.graphql(ASK, { eventId: silent, text: "Hello?" })).askQuestion.userErrors[0].code).toBe("MESSAGING_DISABLED");
    expect((await server.graphql(ASK, { eventId, text: "Me too" })).askQuestion.userErrors[0].code).toBe("NOT_APPLICABLE");
    await server.database.executor.execute(sql`update events set status = 'ENDED' where id = ${eventId}`);
    expect((await ada.graphql(ASK, { eventId, text: "Too late?" })).askQuestion.userErrors[0].code).toBe("EVENT_ENDED");
  });

  it("are moderated all or none", async () => {
    const [one, other] = [await ask(ada, eventId, "One"), await ask(bob, eventId, "Other")];
    await server.graphql(MODERATE, { ids: [other], action: "DECLINE" });
    const refused = await server.graphql(MODERATE, { ids: [one, other, one], action: "ANSWER" });
    expect(refused.moderateQuestions).toEqual({
      questions: [],
      userErrors: [
        { code: "INVALID_STATE", path: ["input", "ids", "1"] },
        { code: "DUPLICATE_ID", path: ["input", "ids", "2"] },
      ],
    });
    expect((await server.graphql(`query ($id: ID!) { node(id: $id) { ... on Question { status } } }`, { id: one })).node.status).toBe(
      "NEW",
    );
  });

  it.each<[QuestionStatus, ModerationAction, string]>([
    ["NEW", "APPROVE", "APPROVED"],
    ["NEW", "DECLINE", "DECLINED"],
    ["NEW", "ANSWER", "ANSWERED"],
    ["APPROVED", "APPROVE", "ALREADY_IN_STATE"],
    ["APPROVED", "DECLINE", "DECLINED"],
    ["APPROVED", "ANSWER", "ANSWERED"],
    ["ANSWERED", "APPROVE", "INVALID_STATE"],
    ["ANSWERED", "DECLINE", "DECLINED"],
    ["ANSWERED", "ANSWER", "ALREADY_IN_STATE"],
    ["DECLINED", "APPROVE", "APPROVED"],
    ["DECLINED", "DECLINE", "ALREADY_IN_STATE"],
    ["DECLINED", "ANSWER", "INVALID_STATE"],
  ])("from %s by %s: %s", (status, action, expected) => {
    const decision = decideModeration(status, action);
    expect("status" in decision ? decision.status : decision.refusal.code).toBe(expected);
  });
});

describe("the chat", () => {
  it("is heard by all attendees of its event, and moderated", async () => {
    const eventId = await createEvent({ messagingMode: "CHAT" });
    const otherId = await createEvent({ messagingMode: "CHAT" });
    const [ada, bob, stranger] = [await join(eventId, "Ada"), await join(eventId, "Bob"), await join(otherId, "Eve")];
    const CHANGES = `subscription ($eventId: ID!) { chatMessageChanges(eventId: $eventId, snapshot: true) { kind messageId message { text authorName } } }`;
    const [bobs, eves] = [bob.subscribe(CHANGES, { eventId }), stranger.subscribe(CHANGES, { eventId })];
    for (const changes of [bobs, eves]) expect((await changes.next()).chatMessageChanges.kind).toBe("SNAPSHOT_END");
    const SEND = `mutation ($eventId: ID!, $text: String!) { sendChatMessage(input: { eventId: $eventId, text: $text }) { message { id text authorName } userErrors { code } } }`;
    const sent = (await ada.graphql(SEND, { eventId, text: "Hello" })).sendChatMessage.message;
    expect((await bobs.next()).chatMessageChanges).toEqual({
      kind: "CREATED",
      messageId: sent.id,
      message: { text: "Hello", authorName: "Ada" },
    });
    expect((await server.graphql(SEND, { eventId, text: "Welcome" })).sendChatMessage.message.authorName).toBe("Moderator");
    await bobs.next();
    expect((await stranger.graphql(SEND, { eventId, text: "Let me in" })).sendChatMessage.userErrors).toEqual([{ code: "NOT_FOUND" }]);
    const { deleteChatMessages } = await server.graphql(
      `mutation ($ids: [ID!]!) { deleteChatMessages(input: { ids: $ids }) { deletedIds } }`,
      { ids: [sent.id] },
    );
    expect(deleteChatMessages.deletedIds).toEqual([sent.id]);
    expect((await bobs.next()).chatMessageChanges).toEqual({ kind: "DELETED", messageId: sent.id, message: null });
    const { publicEvent } = await bob.graphql(`query ($id: ID!) { publicEvent(id: $id) { messages { nodes { text } } } }`, { id: eventId });
    expect(publicEvent.messages.nodes).toEqual([{ text: "Welcome" }]);
    expect(eves.waiting()).toEqual([]);
  });
});
