import { afterAll, beforeAll, expect, it } from "vitest";
import { CreateTemplateDocument } from "../generated/documents.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function createTemplate(caller: TestCaller): Promise<string> {
  const { createTemplate: payload } = await caller.graphql(CreateTemplateDocument, {
    input: { name: "Ladder", renditions: [{ name: "source", isPassthrough: true }] },
  });
  return payload.template!.id;
}

it("finds what it is asked for by id, in the order of the ids, and null for all that is not the caller's", async () => {
  const [mine, theirs] = [await createTemplate(server), await createTemplate(await server.otherOrganization())];
  const gone = await createTemplate(await server.otherOrganization());
  const ids = [
    theirs,
    mine,
    gone,
    "",
    "template_",
    `template_${"0".repeat(26)}`,
    `nothing_${"0".repeat(26)}`,
    "x".repeat(10_000),
    server.organizationId,
    mine,
  ];
  const { nodes } = await server.graphql("query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", { ids });
  const template = { __typename: "Template", id: mine };
  expect(nodes).toEqual([
    null,
    template,
    null,
    null,
    null,
    null,
    null,
    null,
    { __typename: "Organization", id: server.organizationId },
    template,
  ]);
  expect((await server.graphql("query N($id: ID!) { node(id: $id) { id ... on Template { name } } }", { id: mine }))["node"]).toEqual({
    id: mine,
    name: "Ladder",
  });
});

it("refuses more than a hundred ids", async () => {
  const answer = await server.ask("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: Array.from({ length: 101 }, () => "x") });
  expect(answer.errors[0]?.extensions.code).toBe("BAD_USER_INPUT");
});

it.each(["\u0000", "\ud800"])("refuses ids with %j as the caller's mistake", async (id) => {
  const answer = await server.ask("query N($id: ID!) { node(id: $id) { id } }", { id });
  expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, "BAD_USER_INPUT"]);
});
