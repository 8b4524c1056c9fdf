import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { newApiKey } from "../../src/access/api-key.rules.ts";
import { CreateSessionDocument, CreateWebhookDocument, WebhooksDocument } from "../generated/documents.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";
import { startReceiver } from "./receiver.ts";

const STARTED = /The API is at (http:\S+)\/graphql/;
/** Attempts at one webhook at a time: as many may be under way at each kill, and come twice. */
const UNDER_WAY = 8;

it("loses nothing when gateways are killed while they send, and repeats only what was under way", async () => {
  const database = await createTestDatabase();
  const directory = makeTestDirectory();
  const key = newApiKey();
  const started: HeadendProcess[] = [];
  onTestFinished(async () => {
    await Promise.all(started.map(({ child, finished }) => (child.exitCode === null && child.kill("SIGKILL"), finished)));
    await database.drop();
    directory.remove();
  });
  const secretKey = randomBytes(32).toString("base64");

  async function startGateway(): Promise<{ readonly process: HeadendProcess; readonly client: GraphqlClient }> {
    const dataDirectory = join(directory.path, `gateway-${started.length}`);
    onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const process = startHeadend(["gateway"], {
      environment: {
        PORT: "0",
        DATABASE_URL: database.url,
        HEADEND_DATA_DIR: dataDirectory,
        HEADEND_ADMIN_KEY: key,
        HEADEND_SECRET_KEY: secretKey,
        HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8",
        HEADEND_LOG_LEVEL: "error",
        // What a killed gateway claimed is free after twice as long.
        HEADEND_WEBHOOK_SECONDS: "3",
      },
    });
    started.push(process);
    const url = (await process.wrote(STARTED))[1] ?? "";
    const client = createGraphqlClient(url, key);
    onTestFinished(() => client.close());
    return { process, client };
  }

  const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 150));
  let gateway = await startGateway();
  const input = { url: receiver.url, kinds: ["session.created"] };
  receiver.secret = (await gateway.client.graphql(CreateWebhookDocument, { input })).createWebhook.secret!;
  const names: string[] = [];
  let kills = 0;
  const createSession = async (name: string) => {
    const source = { type: "SRT_PULL", urlA: "srt://sender.example.org:9000" } as const;
    const { createSession: payload } = await gateway.client.graphql(CreateSessionDocument, { input: { name, source, playbacks: [] } });
    expect(payload.userErrors).toEqual([]);
    names.push(name);
  };
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 25; index += 1) await createSession(`Round ${round} session ${index}`);
    await receiver.until(round * 20 + 5);
    gateway.process.child.kill("SIGKILL");
    kills += 1;
    await gateway.process.finished;
    gateway = await startGateway();
  }
  const pending = async () =>
    (await gateway.client.graphql(WebhooksDocument, { first: 1, deliveries: 100, status: "DELIVERED" })).webhooks.nodes[0]!;
  await expect.poll(async () => (await pending()).deliveries.totalCount, { timeout: 90_000, interval: 200 }).toBe(names.length);
  const received = receiver.messages.map(({ data }) => String(data["name"]));
  expect([...new Set(received)].toSorted()).toEqual(names.toSorted());
  // Each change has one id, however often it came.
  expect(new Set(receiver.messages.map(({ id }) => id)).size).toBe(names.length);
  expect(received.length - names.length).toBeLessThanOrEqual(kills * UNDER_WAY);
}, 240_000);
