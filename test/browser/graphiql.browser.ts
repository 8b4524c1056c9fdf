import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openBrowser, type OpenBrowser } from "./open-browser.ts";

let server: TestServer;
let browser: OpenBrowser;
let page: Page;
/** Addresses that were asked for, and what the page complained about. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  server = await startTestServer();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  requests = [];
  complaints = [];
  page = await browser.context.newPage();
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${server.url}/graphql`);
  await page.waitForSelector(".graphiql-container");
});

/** Replaces what an editor holds, as a person would. */
async function write(editor: string, text: string): Promise<void> {
  await page.click(`${editor} .CodeMirror`);
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

const QUERY = ".graphiql-query-editor";
const HEADERS = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";
const result = () => page.locator(".result-window .CodeMirror").innerText();

it("loads from our own files alone, within its security policy", async () => {
  expect(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:"))).toEqual([]);
  await page.waitForLoadState("networkidle");
  // Without a key the schema cannot be read yet; nothing else may be amiss.
  expect(complaints.filter((text) => !text.includes("401"))).toEqual([]);
});

it("asks with the key from its headers editor, and forgets the key", async () => {
  await write(HEADERS, JSON.stringify({ Authorization: `Bearer ${server.key}` }));
  await write(QUERY, "{ caller { accessLevel } }");
  await page.click(".graphiql-execute-button");
  await expect.poll(result, { timeout: 10_000 }).toContain("ADMIN");
  const stored = await page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie");
  expect(stored).not.toContain(server.key);
});

it("subscribes with the same key", async () => {
  await write(HEADERS, JSON.stringify({ authorization: `Bearer ${server.key}` }));
  await write(QUERY, "subscription { sessionChanges(snapshot: true) { kind } }");
  await page.click(".graphiql-execute-button");
  await expect.poll(result, { timeout: 10_000 }).toContain("SNAPSHOT_END");
  expect(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:"))).toEqual([]);
});
