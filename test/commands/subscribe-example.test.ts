import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { newApiKey } from "../../src/access/api-key.rules.ts";
import { freeTcpPort } from "../encoder/output-receivers.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";
import { startNode } from "../support/tied.ts";

const EXAMPLE = "examples/subscribe.mjs";

const key = newApiKey();
let directory: ReturnType<typeof makeTestDirectory>;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let port: number;
/** Another gateway of the same installation, which stays. */
let other: HeadendProcess;
let client: GraphqlClient;

beforeAll(async () => {
  directory = makeTestDirectory();
  database = await createTestDatabase();
  port = await freeTcpPort();
  other = startGateway("0");
  client = createGraphqlClient((await other.wrote(/The API is at (http:\S+)\/graphql/))[1]!, key);
});
afterAll(async () => {
  await client.close();
  await other.stop();
  await database.drop();
  directory.remove();
});

function startGateway(at: string): HeadendProcess {
  return startHeadend(["gateway"], {
    environment: { PORT: at, HEADEND_DATA_DIR: directory.path, HEADEND_ADMIN_KEY: key, DATABASE_URL: database.url },
  });
}

async function create(name: string): Promise<void> {
  const { createSession } = await client.graphql(
    `mutation ($name: String!) { createSession(input: { name: $name, source: { type: RTMP_PUSH }, playbacks: [] }) { userErrors { message } } }`,
    { name },
  );
  expect(createSession.userErrors).toEqual([]);
}

it(
  "the example that the README names comes back by itself and goes on where it was, whether its gateway was drained or killed",
  {
    timeout: 120_000,
  },
  async () => {
    expect(readFileSync("README.md", "utf8")).toContain(`node ${EXAMPLE} `);
    let gateway = startGateway(String(port));
    onTestFinished(() => void gateway.child.kill("SIGKILL"));
    await gateway.wrote(/The API is at/);
    await create("There before");

    const example = startNode([EXAMPLE, `http://127.0.0.1:${port}`, key], { errors: "pipe" });
    onTestFinished(() => void example.kill("SIGKILL"));
    let output = "";
    example.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    example.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const told = () =>
      output
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { readonly kind: string; readonly session: { readonly name: string } | null })
        .map(({ kind, session }) => `${kind} ${session?.name ?? ""}`.trim());

    const expected = ["SNAPSHOT There before", "SNAPSHOT_END"];
    await expect.poll(told, { timeout: 20_000 }).toEqual(expected);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await create(`Before ${signal}`);
      expected.push(`CREATED Before ${signal}`);
      await expect.poll(told, { timeout: 20_000 }).toEqual(expected);
      await gateway.stop(signal);
      await create(`While away after ${signal}`);
      gateway = startGateway(String(port));
      await gateway.wrote(/The API is at/);
      await create(`Behind ${signal}`);
      expected.push(`CREATED While away after ${signal}`, `CREATED Behind ${signal}`);
      await expect.poll(told, { timeout: 40_000 }).toEqual(expected);
    }
    // It had nothing to complain of either.
    expect(output.split("\n").filter((line) => line !== "" && !line.startsWith("{"))).toEqual([]);
    await gateway.stop();
  },
);
