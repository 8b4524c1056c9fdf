import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Loose } from "./support/clients.ts";
import { askedDocuments, README } from "./support/pages.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Everything in an answer that says that something was refused. */
function refusals(answer: Loose): readonly unknown[] {
  return Object.entries(answer).flatMap(([name, value]) => {
    if (["errors", "userErrors"].includes(name)) return value as readonly unknown[];
    if (name === "error") return value === null ? [] : [value];
    return value !== null && typeof value === "object" ? refusals(value as Loose) : [];
  });
}

it("the README's requests are answered, one after the other in a new installation", async () => {
  const documents = askedDocuments(README);
  expect(documents.length).toBeGreaterThanOrEqual(8);
  const csv = readFileSync("examples/sessions.csv", "utf8");
  for (const document of documents) {
    // Switching wants an input, which nothing sends here.
    if (document.includes("switchSessionInputs")) continue;
    const answer = await server.graphql(document, document.includes("$csv") ? { csv } : {});
    expect(refusals(answer), document).toEqual([]);
  }
  const { sessions } = await server.graphql("{ sessions(orderBy: NAME) { nodes { name desiredStatus } } }");
  expect(sessions.nodes).toEqual([
    ...["Channel 1", "Channel 2", "Channel 3"].map((name) => ({ name, desiredStatus: "STOPPED" })),
    ...["Studio", "Two paths"].map((name) => ({ name, desiredStatus: "RUNNING" })),
  ]);
});
