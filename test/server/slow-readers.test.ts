import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CreateSessionsDocument, UpdateSessionDocument } from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { scrape } from "../support/prometheus.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openStreamSocket, type StreamSocket } from "../support/stream-socket.ts";

/** What a session says of itself, as long as it may be: 60 KB of it in one answer, so that few answers fill every buffer on the way. */
const FILLER = "x".repeat(1_900);
const WIDE = Array.from({ length: 30 }, (_, index) => `d${index}: description`).join(" ");
/** 18 MB of answers: more than the network holds for who does not read. */
const SESSIONS = 300;

let server: TestServer;
let watchedId: string;
/** Behind nothing. */
let beginning: string;

beforeAll(async () => {
  server = await startTestServer();
  beginning = (await server.graphql("{ changeCursor }"))["changeCursor"] as string;
  const sessions = Array.from({ length: SESSIONS }, (_, index) => ({
    name: index === 0 ? "Watched" : `Filler ${index}`,
    description: `0 ${FILLER}`,
    source: { type: "SRT_PULL" as const, urlA: "srt://127.0.0.1:9000" },
    playbacks: [],
  }));
  const { createSessions } = await server.graphql(CreateSessionsDocument, { input: { sessions } });
  expect(createSessions.userErrors).toEqual([]);
  watchedId = createSessions.sessions[0]!.id;
});
afterAll(() => server.stop());

let number = 0;

/** Changes the watched session, and gives the number that it then bears. */
async function change(): Promise<number> {
  number += 1;
  const input = { id: watchedId, description: `${number} ${FILLER}` };
  const { updateSession } = await server.graphql(UpdateSessionDocument, { input });
  expect(updateSession.userErrors).toEqual([]);
  return number;
}

const WATCH =
  'subscription { sessionChanges(snapshot: true, filter: { names: ["Watched"] }) { cursor kind at sessionId session { description } } }';
const EVERYTHING = `subscription ($snapshot: Boolean, $after: Cursor) {
  sessionChanges(snapshot: $snapshot, after: $after) { cursor kind at sessionId session { description ${WIDE} } }
}`;
const WATCH_WIDE = `subscription ($snapshot: Boolean, $after: Cursor) {
  sessionChanges(snapshot: $snapshot, after: $after, filter: { names: ["Watched"] }) { cursor kind at sessionId session { description ${WIDE} } }
}`;

const itemsOf = (socket: StreamSocket, id?: string): Loose[] => socket.answers(id).map((answer) => answer["data"].sessionChanges as Loose);
const kindsOf = (socket: StreamSocket, id?: string) => itemsOf(socket, id).map(({ kind }) => kind as unknown);
const numberOf = (item: Loose) => Number.parseInt((item["session"]?.description ?? "") as string, 10);
/** The changes that were told, by when they were made: what is told late shows the session as it is by then. */
const changesOf = (socket: StreamSocket, id?: string) =>
  itemsOf(socket, id)
    .filter(({ kind }) => kind === "UPDATED")
    .map(({ at }) => at as string);
const numbersOf = (socket: StreamSocket, id?: string) =>
  itemsOf(socket, id)
    .filter(({ kind }) => kind === "UPDATED")
    .map(numberOf);

const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index + 1);

/** How many sockets the gateway has given up. */
const givenUp = async (gateway: TestServer) => (await scrape(gateway.url)).value("headend_websocket_closes_total", { code: "1013" }) ?? 0;
const openSubscriptions = async (gateway: TestServer) =>
  (await scrape(gateway.url)).value("headend_subscriptions", { operation: "sessionChanges" });

/** Follows the watched session, and is live. */
async function openWatching(gateway: TestServer): Promise<StreamSocket> {
  const socket = await openStreamSocket(gateway.url, server.key);
  socket.subscribe({ query: WATCH }, "watch");
  await expect.poll(() => kindsOf(socket, "watch")).toEqual(["SNAPSHOT", "SNAPSHOT_END"]);
  return socket;
}

/** Follows the watched session, then reads no more while it asks for everything. */
async function openStuck(gateway: TestServer): Promise<StreamSocket> {
  const socket = await openWatching(gateway);
  socket.pause();
  socket.subscribe({ query: EVERYTHING, variables: { snapshot: true } }, "all");
  return socket;
}

describe("a reader that does not read", () => {
  it("is closed with 1013 once a megabyte waits for it; others go on, and it resumes behind what it got", async () => {
    const gateway = await startTestServer({ share: server });
    try {
      const ids = Array.from({ length: 100 }, (_, index) => String(index));
      const [others, slow] = [[await openWatching(gateway), await openWatching(gateway)], await openStreamSocket(gateway.url, server.key)];
      for (const id of ids) slow.subscribe({ query: WATCH_WIDE, variables: { snapshot: true } }, id);
      await expect.poll(() => ids.filter((id) => kindsOf(slow, id).length === 2).length, { timeout: 20_000 }).toBe(ids.length);
      // For a little only: it has stood still for longer than the slow one when that is given up, and is not.
      const stuck = await openStuck(gateway);
      const first = await change();
      for (const each of others) await expect.poll(() => numbersOf(each, "watch").at(-1)).toBe(first);
      await expect.poll(() => ids.filter((id) => numbersOf(slow, id).length === 1).length, { timeout: 20_000 }).toBe(ids.length);
      slow.pause();
      // What the network itself holds is not known: at some point it is full.
      while ((await openSubscriptions(gateway)) === ids.length + others.length + 2) {
        const told = await change();
        await expect.poll(() => others.map((each) => numbersOf(each, "watch").at(-1))).toEqual(others.map(() => told));
      }
      expect(await openSubscriptions(gateway)).toBe(others.length + 2);
      stuck.resume();
      const last = await change();
      for (const each of others) await expect.poll(() => numbersOf(each, "watch")).toEqual(upTo(first - 1, last));

      slow.resume();
      expect((await slow.closed).code).toBe(1013);
      const back = await openStreamSocket(gateway.url, server.key);
      const all = () => changesOf(others[0]!, "watch");
      for (const id of ids) {
        const told = changesOf(slow, id);
        expect(told).toEqual(all().slice(0, told.length));
        back.subscribe({ query: WATCH_WIDE, variables: { after: itemsOf(slow, id).at(-1)!["cursor"] } }, id);
      }
      const resumed = () => ids.map((id) => [...changesOf(slow, id), ...changesOf(back, id)]);
      await expect.poll(resumed, { timeout: 20_000 }).toEqual(ids.map(all));
      const next = await change();
      for (const each of others) await expect.poll(() => numbersOf(each, "watch")).toEqual(upTo(first - 1, next));
      await expect.poll(resumed, { timeout: 20_000 }).toEqual(ids.map(all));
      expect([...others, stuck, back].map((each) => each.isClosed())).toEqual([false, false, false, false]);
    } finally {
      await gateway.stop();
    }
  });

  it("is closed with 1013 when it takes nothing live for 5 s, and not while it pulls what was before", async () => {
    const gateway = await startTestServer({ share: server });
    try {
      const other = await openWatching(gateway);
      const first = number;
      // Both stop in the middle of what they asked for, with nothing live behind it.
      const [snapshot, catchUp] = [await openStreamSocket(gateway.url, server.key), await openStreamSocket(gateway.url, server.key)];
      for (const [socket, variables] of [[snapshot, { snapshot: true }] as const, [catchUp, { after: beginning }] as const]) {
        socket.pause();
        socket.subscribe({ query: EVERYTHING, variables }, "all");
      }
      // The second one stops after the first was given up, so that both of the above have stood still for longer than is allowed.
      for (const round of [1, 2]) {
        const stuck = await openStuck(gateway);
        const told = await change();
        const since = performance.now();
        await expect.poll(() => numbersOf(other, "watch").at(-1)).toBe(told);
        await expect.poll(() => openSubscriptions(gateway), { timeout: 20_000, interval: 200 }).toBe(3);
        expect(performance.now() - since).toBeGreaterThan(4_000);
        stuck.resume();
        expect((await stuck.closed).code).toBe(1013);
        expect(await givenUp(gateway)).toBe(round);
        // Every one of its subscriptions resumes behind what it got.
        const back = await openStreamSocket(gateway.url, server.key);
        back.subscribe({ query: WATCH_WIDE, variables: { after: itemsOf(stuck, "watch").at(-1)!["cursor"] } });
        await expect.poll(() => numbersOf(back).at(-1)).toBe(told);
        expect([...changesOf(stuck, "watch"), ...changesOf(back)]).toEqual(changesOf(other, "watch").slice(-1));
        back.close();
        await back.closed;
      }
      for (const socket of [snapshot, catchUp]) socket.resume();
      const last = await change();
      await expect.poll(() => numbersOf(catchUp, "all").at(-1), { timeout: 30_000 }).toBe(last);
      await expect.poll(() => numbersOf(snapshot, "all").at(-1), { timeout: 30_000 }).toBe(last);
      expect([snapshot.isClosed(), catchUp.isClosed(), other.isClosed()]).toEqual([false, false, false]);
      expect(numbersOf(other, "watch")).toEqual(upTo(first, last));

      const created = itemsOf(catchUp, "all").filter(({ kind }) => kind === "CREATED");
      expect(new Set(created.map(({ sessionId }) => sessionId as unknown)).size).toBe(SESSIONS);
      expect(created).toHaveLength(SESSIONS);
      expect(changesOf(catchUp, "all").slice(first)).toEqual(changesOf(other, "watch"));
      expect(changesOf(catchUp, "all")).toHaveLength(last);
      const seen = itemsOf(snapshot, "all");
      const end = seen.findIndex(({ kind }) => kind === "SNAPSHOT_END");
      expect(new Set(seen.slice(0, end).map(({ sessionId }) => sessionId as unknown)).size).toBe(SESSIONS);
      expect(end).toBe(SESSIONS);
      // What it saw of the watched session in the snapshot is told no more, and everything behind that is.
      const [seenAs = 0] = seen.filter(({ sessionId }) => sessionId === watchedId).map(numberOf);
      expect(changesOf(snapshot, "all")).toEqual(changesOf(other, "watch").slice(seenAs - first));
    } finally {
      await gateway.stop();
    }
  });
});

describe("a reader that has yet to take what came before", () => {
  it(
    "goes on by itself through what happens at once, while those who are told the same do not wait for it",
    { timeout: 60_000 },
    async () => {
      const gateway = await startTestServer({ share: server });
      try {
        const query = "subscription { sessionChanges(snapshot: true) { kind at sessionId } }";
        const [other, stuck] = [await openStreamSocket(gateway.url, server.key), await openStreamSocket(gateway.url, server.key)];
        for (const each of [other, stuck]) {
          each.subscribe({ query }, "same");
          await expect.poll(() => kindsOf(each, "same").at(-1)).toBe("SNAPSHOT_END");
        }
        const told = await change();
        for (const each of [other, stuck]) await expect.poll(() => changesOf(each, "same")).toHaveLength(1);
        stuck.pause();
        stuck.subscribe({ query: EVERYTHING, variables: { snapshot: true } }, "all");
        await expect.poll(() => openSubscriptions(gateway)).toBe(3);
        // More than are told at a time, in one step of the log.
        const sessions = Array.from({ length: SESSIONS - 1 }, (_, index) => ({
          name: `Filler ${index + 1}`,
          description: `At once ${told} ${FILLER}`,
          source: { type: "SRT_PULL" as const, urlA: "srt://127.0.0.1:9000" },
          playbacks: [],
        }));
        const { createSessions } = await server.graphql(CreateSessionsDocument, { input: { mode: "UPSERT", sessions } });
        expect(createSessions.userErrors).toEqual([]);
        await expect.poll(() => changesOf(other, "same")).toHaveLength(SESSIONS);
        stuck.resume();
        await expect.poll(() => changesOf(stuck, "same"), { timeout: 20_000 }).toHaveLength(SESSIONS);
        await change();
        await expect.poll(() => changesOf(other, "same")).toHaveLength(SESSIONS + 1);
        const updatesOf = (socket: StreamSocket) => itemsOf(socket, "same").filter(({ kind }) => kind === "UPDATED");
        await expect.poll(() => updatesOf(stuck), { timeout: 20_000 }).toEqual(updatesOf(other));
        const ids = updatesOf(stuck).map(({ sessionId }) => sessionId as unknown);
        expect(new Set(ids).size).toBe(SESSIONS);
        expect([other.isClosed(), stuck.isClosed()]).toEqual([false, false]);
      } finally {
        await gateway.stop();
      }
    },
  );
});

describe("a deploy", () => {
  it("waits for what was sent to be taken before it closes with 1012, and nothing is lost", async () => {
    const gateway = await startTestServer({ share: server });
    const [stuck, other] = [await openStuck(gateway), await openWatching(gateway)];
    const told = await change();
    await expect.poll(() => numbersOf(other, "watch")).toEqual([told]);
    const stopping = gateway.stop();
    stuck.resume();
    expect((await stuck.closed).code).toBe(1012);
    expect((await other.closed).code).toBe(1012);
    await stopping;
    expect(numbersOf(stuck, "watch")).toEqual([told]);
    // The snapshot was cut off in the middle: its cursor, with `snapshot`, begins it anew.
    expect(kindsOf(stuck, "all")).not.toContain("SNAPSHOT_END");
    const next = await change();
    const back = await openStreamSocket(server.url, server.key);
    back.subscribe({ query: EVERYTHING, variables: { after: itemsOf(stuck, "all").at(-1)!["cursor"], snapshot: true } });
    back.subscribe({ query: WATCH_WIDE, variables: { after: itemsOf(stuck, "watch").at(-1)!["cursor"] } }, "watch");
    await expect.poll(() => kindsOf(back).at(-1), { timeout: 20_000 }).toBe("SNAPSHOT_END");
    expect(kindsOf(back)).toHaveLength(SESSIONS + 1);
    await expect.poll(() => numbersOf(back, "watch")).toEqual([next]);
  });
});
