import { parse, validate } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { headendSchema } from "../../src/graphql/schema.ts";
import { WARM_UP_QUERIES } from "../../src/server/warm-up.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
const statements: string[] = [];
beforeAll(async () => {
  server = await startTestServer({ onStatement: (text) => statements.push(text) });
});
afterAll(() => server.stop());

const operations = async () => (await (await fetch(`${server.url}/metrics`)).text()).match(/^headend_operations_total.*$/gm) ?? [];

it("asks for what the schema has, and for what it has not", () => {
  const schema = headendSchema();
  const errors = Object.fromEntries(
    Object.entries(WARM_UP_QUERIES).map(([name, text]) => [name, validate(schema, parse(text)).map(({ message }) => message)]),
  );
  expect(errors).toMatchObject({ byStatement: [], byResolvers: [], tooComplex: [] });
  expect(errors["refused"]).toHaveLength(3);
});

it("runs what requests do, finds nothing, and is counted by no meter", async () => {
  statements.length = 0;
  await server.warmUp();
  expect(statements.filter((text) => text.includes('"sessions"')).length).toBeGreaterThanOrEqual(10);
  expect(statements.filter((text) => /^\s*(insert|update|delete)/i.test(text))).toEqual([]);
  expect(await operations()).toEqual([]);
  await server.graphql("{ sessions { totalCount } }");
  expect(await operations()).toHaveLength(1);
});

it("ends with the server", async () => {
  const other = await startTestServer();
  const warming = other.warmUp();
  await other.stop();
  await expect(warming).resolves.toBeUndefined();
});
