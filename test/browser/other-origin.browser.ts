import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openBrowser, type OpenBrowser } from "./open-browser.ts";

let server: TestServer;
let browser: OpenBrowser;
const sites: Server[] = [];
let allowedSite: string;
let otherSite: string;

/** An empty page of an origin of its own. */
async function openSite(): Promise<string> {
  const site = createServer(
    (_request, response) => void response.setHeader("content-type", "text/html").end("<!doctype html><p>A console"),
  );
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  sites.push(site);
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  [allowedSite, otherSite] = [await openSite(), await openSite()];
  server = await startTestServer({ allowedOrigins: [allowedSite] });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  for (const site of sites) site.close();
});

/** What a script of a page of that site gets of the API: an answer with its headers, and the first message of a subscription. */
async function callFrom(site: string): Promise<{ readonly answer: unknown; readonly first: unknown }> {
  const page = await browser.context.newPage();
  await page.goto(site);
  const script = `(async () => {
    const headers = { authorization: ${JSON.stringify(`Bearer ${server.key}`)}, "content-type": "application/json" };
    const body = JSON.stringify({ query: "{ caller { accessLevel } }" });
    const answer = await fetch(${JSON.stringify(`${server.url}/graphql`)}, { method: "POST", headers, body }).then(
      async (response) => ({ ...(await response.json()), hasRequestId: response.headers.has("x-request-id"), hasLimit: response.headers.has("ratelimit") }),
      (error) => error.name,
    );
    const first = await new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(`${server.url.replace("http", "ws")}/graphql`)}, "graphql-transport-ws");
      socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init", payload: headers }));
      socket.onclose = () => resolve("closed");
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type !== "connection_ack") return resolve(message.payload.data);
        const query = "subscription { sessionChanges(snapshot: true) { kind } }";
        socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query } }));
      };
    });
    return { answer, first };
  })()`;
  const got = await page.evaluate<{ answer: unknown; first: unknown }>(script);
  await page.close();
  return got;
}

it("pages of an origin that is allowed call the API, read its headers and subscribe", async () => {
  expect(await callFrom(allowedSite)).toEqual({
    answer: { data: { caller: { accessLevel: "ADMIN" } }, hasRequestId: true, hasLimit: true },
    first: { sessionChanges: { kind: "SNAPSHOT_END" } },
  });
});

it("pages of any other origin get nothing", async () => {
  expect(await callFrom(otherSite)).toEqual({ answer: "TypeError", first: "closed" });
});
