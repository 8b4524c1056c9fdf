import { auditServer, type AuditResult } from "graphql-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** The public audit of GraphQL over HTTP, as a caller with a credential. */
async function audit(headers: Readonly<Record<string, string>> = {}): Promise<readonly AuditResult[]> {
  return auditServer({
    url: `${server.url}/graphql`,
    fetchFn: (input: string, init: RequestInit = {}) =>
      fetch(input, {
        ...init,
        headers: { authorization: `Bearer ${server.key}`, ...headers, ...(init.headers as Record<string, string>) },
      }),
  });
}

const told = (results: readonly AuditResult[]) =>
  results.flatMap((result) => (result.status === "ok" ? [] : [`${result.status} ${result.id}: ${result.name}: ${result.reason}`]));

describe("the audit of GraphQL over HTTP", () => {
  it("is clean for a caller who can send a header", async () => {
    const results = await audit({ "apollo-require-preflight": "1" });
    expect(told(results)).toEqual([]);
    expect(results.length).toBeGreaterThan(55);
  });

  it("notes of others nothing but that a bare GET, which a foreign page could send, is not answered", async () => {
    expect(told(await audit())).toEqual([
      expect.stringMatching(/^notice 5A70: MAY accept .* GET requests/),
      expect.stringMatching(/^notice D6D5: MAY allow URL-encoded JSON string \{variables\} parameter in GETs/),
      expect.stringMatching(/^notice 6A70: MAY allow URL-encoded JSON string \{variables\} parameter in GETs/),
    ]);
  });
});

describe("the media type of an answer", () => {
  const JSON_TYPE = "application/json; charset=utf-8";
  const RESPONSE_TYPE = "application/graphql-response+json; charset=utf-8";

  it.each([
    ["application/json", JSON_TYPE, 200],
    ["application/graphql-response+json", RESPONSE_TYPE, 400],
    ["application/graphql-response+json, application/json;q=0.9", RESPONSE_TYPE, 400],
    ["application/json, application/graphql-response+json;q=0.5", JSON_TYPE, 200],
    ["application/graphql-response+json;q=0, application/json", JSON_TYPE, 200],
    ["*/*", JSON_TYPE, 200],
    ["application/*", JSON_TYPE, 200],
  ])("to %s is its own, and its status that type's", async (accept, type, status) => {
    // Refused where it is parsed, before it is parsed, where it is validated, and where it is counted.
    for (const query of [
      "{",
      `{ a(${"[".repeat(500)} }`,
      "{ nothing }",
      "{ templates { nodes { sessions(first: 100) { nodes { playbacks { id } } } } } }",
    ]) {
      const response = await fetch(`${server.url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", accept },
        body: JSON.stringify({ query }),
      });
      const { data, errors } = (await response.json()) as { data?: unknown; errors: unknown[] };
      expect([response.headers.get("content-type"), response.status, data, errors.length], query).toEqual([type, status, undefined, 1]);
    }
  });

  it("to who takes neither is told before anything is done", async () => {
    const name = `Unread ${Date.now()}`;
    const query = `mutation { createTemplate(input: { name: "${name}", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`;
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", accept: "image/png" },
      body: JSON.stringify({ query }),
    });
    expect([response.status, await response.json()]).toEqual([
      406,
      {
        errors: [
          { message: expect.stringContaining("application/json"), extensions: { code: "BAD_REQUEST", requestId: expect.any(String) } },
        ],
      },
    ]);
    expect(await server.graphql(`{ templates(search: "${name}") { totalCount } }`)).toEqual({ templates: { totalCount: 0 } });
  });
});
