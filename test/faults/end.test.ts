import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import postgres from "postgres";
import { WebSocket } from "ws";
import { describe, expect, it } from "vitest";
import { findHolder } from "../../src/database/embedded-postgres.holder.ts";
import { findRunningPostgres } from "../../src/database/embedded-postgres.ts";
import { required } from "../../src/shared/assert.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { openEventStream } from "../support/event-stream.ts";
import { databaseUrl } from "../support/database.ts";
import { eventually, freeMulticast, startMulticastSender, type Sender } from "../support/media.ts";
import { makeTestDirectory, startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { isAlive, listProcesses } from "../support/process-list.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

const END_LIMIT_MILLISECONDS = 10_000;
/** Of an end that waits for nothing. */
const AT_ONCE_MILLISECONDS = 2_000;
const HELD_MILLISECONDS = 1_500;
const SOCKETS = 20;

/** Does it when the test is over; what was said last, first. */
type AtEnd = (cleanUp: () => Promise<void> | void) => void;

interface Started {
  readonly headend: HeadendProcess;
  /** Its data directory, of one test's own. */
  readonly directory: string;
}

function start(atEnd: AtEnd, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
  const directory = makeTestDirectory();
  atEnd(directory.remove);
  const headend = startHeadend(words, {
    environment: { PORT: "0", HEADEND_DATA_DIR: directory.path, HEADEND_MULTICAST_INTERFACE: "127.0.0.1", ...environment },
  });
  const { child, finished } = headend;
  atEnd(async () => {
    if (child.exitCode === null) child.kill("SIGKILL");
    await finished;
  });
  return { headend, directory: directory.path };
}

/** The whole product with two sessions that run, and what holds on to it when it is to end. */
interface Busy extends Started {
  readonly url: string;
  readonly key: string;
  readonly client: GraphqlClient;
  readonly sessionId: string;
  readonly ffmpegs: readonly number[];
  readonly postmaster: number;
  /** Close codes of sockets, each of which carried a subscription. */
  readonly closes: readonly number[];
}

async function startBusy(atEnd: AtEnd): Promise<Busy> {
  const sender = await sendPicture(atEnd);
  const { headend, directory } = start(atEnd, ["start"]);
  const [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
  const key = readFileSync(join(directory, "admin-key"), "utf8").trim();
  const client = createGraphqlClient(url, key);
  const { startSessions } = await client.graphql(`mutation {
    createTemplate(input: { name: "Source", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { userErrors { code } }
    one: createSession(input: { name: "One", source: { type: MULTICAST_PULL, urlA: "${sender.url}" }, playbacks: [{ name: "web", type: HTTP, hlsEnabled: true }] }) { userErrors { code } }
    two: createSession(input: { name: "Two", source: { type: MULTICAST_PULL, urlA: "${sender.url}" }, playbacks: [{ name: "web", type: HTTP, hlsEnabled: true }] }) { userErrors { code } }
    startSessions(input: { selection: { filter: {} } }) { acceptedCount results { id } } }`);
  await eventually(
    "both run",
    async () => {
      const { sessions } = await client.graphql("{ sessions { nodes { status } } }");
      return (sessions.nodes as { status: string }[]).every(({ status }) => status === "RUNNING");
    },
    60_000,
  );
  const closes = await openSockets(url, key);
  await openLaggards(atEnd, url);
  const ffmpegs = listProcesses()
    .filter(({ parent, args }) => parent === headend.child.pid && args.includes("ffmpeg"))
    .map(({ pid }) => pid);
  expect(ffmpegs.length).toBeGreaterThanOrEqual(2);
  const { postmasterPid } = required(findHolder(join(directory, "postgres")), "PostgreSQL");
  const sessionId = String(startSessions.results[0].id);
  return { headend, directory, url, key, client, ffmpegs, closes, postmaster: postmasterPid, sessionId };
}

async function sendPicture(atEnd: AtEnd): Promise<{ readonly url: string; readonly sender: Sender }> {
  const { address, port } = await freeMulticast();
  const sender = startMulticastSender({ address, port });
  atEnd(() => sender.stop());
  return { url: `udp://${address}:${port}`, sender };
}

async function openSockets(url: string, key: string): Promise<number[]> {
  const closes: number[] = [];
  await Promise.all(
    Array.from(
      { length: SOCKETS },
      () =>
        new Promise<void>((resolve) => {
          const client = createClient({
            url: `${url.replace("http", "ws")}/graphql`,
            webSocketImpl: WebSocket,
            connectionParams: { authorization: `Bearer ${key}` },
            retryAttempts: 0,
            on: { closed: (event) => closes.push((event as { code: number }).code) },
          });
          const ignore = (): void => undefined;
          client.subscribe(
            { query: "subscription { sessionChanges(snapshot: true) { kind } }" },
            { next: () => resolve(), error: ignore, complete: ignore },
          );
        }),
    ),
  );
  return closes;
}

/** Connections that would never end by themselves: an idle one, half a head, and half a body. */
async function openLaggards(atEnd: AtEnd, url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (const bytes of [
    "",
    "GET /livez HTTP/1.1\r\nhost",
    "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{",
  ]) {
    const socket: Socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(bytes);
    atEnd(() => void socket.destroy());
  }
}

/** Locks a session's row, so that a write of it waits; gives the function that lets go. */
async function holdRow({ directory, sessionId }: Busy): Promise<() => Promise<void>> {
  const { socketDirectory, ...rest } = required(findRunningPostgres(join(directory, "postgres")), "PostgreSQL");
  const connection = postgres({ ...rest, host: socketDirectory, max: 1, onnotice: () => undefined });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let isLocked: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => (isLocked = resolve));
  const holding = connection
    .begin(async (transaction) => {
      await transaction`select 1 from sessions where id = ${sessionId} for update`;
      isLocked();
      await released;
    })
    .catch(() => undefined);
  await locked;
  return async () => {
    release();
    await holding;
    await connection.end({ timeout: 1 });
  };
}

/** A write over a connection that is kept open afterwards; resolves with its status and body. */
function describeSession({ url, key, sessionId }: Busy): Promise<string> {
  const query = `mutation { updateSession(input: { id: "${sessionId}", description: "At the end" }) { session { description } userErrors { code } } }`;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", connection: "keep-alive" };
    request(`${url}/graphql`, { method: "POST", headers }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(`${response.statusCode} ${body}`));
    })
      .on("error", reject)
      .end(JSON.stringify({ query }));
  });
}

const pass = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Sends a signal and waits for the end. */
async function endBy(
  { headend }: Started,
  signal: NodeJS.Signals,
): Promise<{ readonly code: number | null; readonly errors: string; readonly milliseconds: number }> {
  const startedAt = performance.now();
  const { code, errors } = await headend.stop(signal);
  return { code, errors, milliseconds: performance.now() - startedAt };
}

describe("SIGTERM", () => {
  it(
    "is over within 10 s with code 0, whatever is open: what was asked before is answered, sockets are told to come back",
    { timeout: 120_000 },
    async ({ onTestFinished }) => {
      const busy = await startBusy(onTestFinished);
      const stream = await openEventStream(busy.url, busy.key, { body: { query: "subscription { sessionChanges { kind } }" } });
      const letGo = await holdRow(busy);
      const answer = describeSession(busy);
      await pass(500);
      const ending = endBy(busy, "SIGTERM");
      await pass(HELD_MILLISECONDS);
      await letGo();
      expect(await answer).toMatch(/^200 .*"description":"At the end"/);
      const { code, errors, milliseconds } = await ending;
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(milliseconds).toBeLessThan(END_LIMIT_MILLISECONDS);
      expect(busy.closes).toEqual(Array.from({ length: SOCKETS }, () => 1012));
      expect([stream.status, await stream.ended, stream.hasComplete()]).toEqual([200, { isWhole: true }, false]);
      expect([...busy.ffmpegs, busy.postmaster].filter(isAlive)).toEqual([]);
    },
  );

  it.concurrent.for(["SIGTERM", "SIGINT"] as const)(
    "does not wait any longer when %s comes as well, and leaves nothing behind",
    { timeout: 120_000 },
    async (second, { onTestFinished }) => {
      const busy = await startBusy(onTestFinished);
      const letGo = await holdRow(busy);
      const answer = describeSession(busy).catch(() => "cut off");
      await pass(500);
      busy.headend.child.kill("SIGTERM");
      await pass(500);
      expect(busy.headend.child.exitCode).toBeNull();
      const { code, milliseconds } = await endBy(busy, second);
      expect(code).toBe(1);
      expect(milliseconds).toBeLessThan(AT_ONCE_MILLISECONDS);
      expect(await answer).toBe("cut off");
      await letGo();
      await eventually("nothing is left", () => [...busy.ffmpegs, busy.postmaster].every((pid) => !isAlive(pid)), 15_000);
    },
  );
});

describe.concurrent("while PostgreSQL does not answer", () => {
  async function startPostgres(atEnd: AtEnd): Promise<OwnPostgres> {
    const own = await startOwnPostgres();
    atEnd(() => own.close());
    return own;
  }

  it("SIGTERM is over within 10 s all the same", async ({ onTestFinished }) => {
    const own = await startPostgres(onTestFinished);
    const started = start(onTestFinished, ["start"], { DATABASE_URL: databaseUrl(own.server.address) });
    await started.headend.wrote(/"msg":"started"/);
    own.signal("SIGSTOP");
    await pass(1_000);
    const { code, milliseconds } = await endBy(started, "SIGTERM");
    expect(code).not.toBeNull();
    expect(milliseconds).toBeLessThan(END_LIMIT_MILLISECONDS);
  });

  it("so is one that comes during the start", async ({ onTestFinished }) => {
    const own = await startPostgres(onTestFinished);
    own.signal("SIGSTOP");
    const started = start(onTestFinished, ["gateway"], { DATABASE_URL: databaseUrl(own.server.address) });
    await pass(2_000);
    const { code, milliseconds } = await endBy(started, "SIGTERM");
    expect(code).toBe(1);
    expect(milliseconds).toBeLessThan(END_LIMIT_MILLISECONDS);
  });
});
