import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createVault } from "../../src/access/vault.ts";
import { appendChanges } from "../../src/changes/append-changes.ts";
import { encodeCursor, positionAt, snapshotBefore } from "../../src/changes/position.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { sweepDeliveries } from "../../src/webhooks/dispatch.store.ts";
import { OPEN_LIMIT } from "../../src/webhooks/fan-out.store.ts";
import { startWebhookDispatcher } from "../../src/webhooks/webhook-dispatcher.ts";
import { GIVE_UP_HOURS } from "../../src/webhooks/webhook.rules.ts";
import {
  ChangesDocument,
  CreateSessionDocument,
  CreateWebhookDocument,
  DeleteSessionsDocument,
  DeleteWebhooksDocument,
  ResendWebhookDocument,
  UpdateSessionDocument,
  UpdateWebhookDocument,
  WebhooksDocument,
  type WebhookDeliveryStatus,
} from "../generated/documents.ts";
import { scrape } from "../support/prometheus.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { nextOutput, startNode } from "../support/tied.ts";
import { startReceiver, type Receiver } from "./receiver.ts";

let server: TestServer;
let caller: TestCaller;
/** How far the clock of the gateways is ahead: signatures are of about now, so that a test that moves it checks none. */
let aheadMilliseconds = 0;
const clock = { now: () => new Date(Date.now() + aheadMilliseconds) };
const log = createLog({ level: "silent" });

beforeAll(async () => {
  server = await startTestServer({ clock });
});
afterAll(() => server.stop());
beforeEach(async () => {
  aheadMilliseconds = 0;
  caller = await server.otherOrganization();
});

interface DispatchOptions {
  readonly gateway?: TestServer;
  readonly allowedNetworks?: readonly string[];
  readonly deliveryMilliseconds?: number;
}

async function dispatch({ gateway = server, allowedNetworks = ["127.0.0.0/8"], deliveryMilliseconds = 10_000 }: DispatchOptions = {}) {
  const { database, changeLog } = gateway;
  const vault = createVault(Buffer.alloc(32, 7));
  const dispatcher = await startWebhookDispatcher({
    database,
    changeLog,
    vault,
    network: { allowedNetworks },
    clock,
    log,
    deliveryMilliseconds,
    onAttempt: gateway.metrics.webhooks.attempted,
  });
  onTestFinished(dispatcher.close);
  return dispatcher;
}

const ALL_OF_SESSIONS = ["session.created", "session.updated", "session.status_changed", "session.deleted"];

async function hook(receiver: Receiver, kinds: readonly string[] = ALL_OF_SESSIONS, path = "/"): Promise<string> {
  const input = { url: `${receiver.url}${path}`, kinds: [...kinds] };
  const { secret, webhook, userErrors } = (await caller.graphql(CreateWebhookDocument, { input })).createWebhook;
  expect(userErrors).toEqual([]);
  receiver.secret = secret ?? null;
  return webhook!.id;
}

async function createSession(name: string): Promise<string> {
  const source = { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" } as const;
  const { createSession: payload } = await caller.graphql(CreateSessionDocument, { input: { name, source, playbacks: [] } });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

const rename = (id: string, name: string) => caller.graphql(UpdateSessionDocument, { input: { id, name } });
const remove = (id: string) => caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [id] } } });

async function webhookNow(id: string, status: WebhookDeliveryStatus | null = null) {
  const { webhooks } = await caller.graphql(WebhooksDocument, { first: 20, deliveries: 100, status });
  return webhooks.nodes.find((each) => each.id === id)!;
}

const deliveriesOf = async (id: string, status: WebhookDeliveryStatus | null = null) => (await webhookNow(id, status)).deliveries.nodes;
const PATIENCE = { timeout: 30_000, interval: 50 };
const names = (receiver: Receiver) => receiver.messages.map(({ data }) => data["name"]);

describe("a webhook", () => {
  it("is told of changes of its kinds, with what a partner needs to know, and where to go on", async () => {
    await dispatch();
    const receiver = await startReceiver();
    const id = await hook(receiver, ["session.updated", "session.deleted"]);
    const sessionId = await createSession("One");
    await rename(sessionId, "Two");
    await remove(sessionId);
    const [updated, deleted] = await receiver.until(2);
    expect(updated).toMatchObject({
      type: "session.updated",
      timestamp: expect.stringMatching(/^20\d\d-.*Z$/),
      data: {
        objectId: sessionId,
        name: "Two",
        externalId: null,
        status: "STOPPED",
        statusBefore: "STOPPED",
        health: "OK",
        healthBefore: "OK",
      },
    });
    expect(updated!.data).toMatchObject({
      actor: expect.stringMatching(/^key:/),
      streamId: expect.any(String),
      cursor: expect.any(String),
    });
    expect(deleted).toMatchObject({
      type: "session.deleted",
      data: { objectId: sessionId, name: "Two", status: null, statusBefore: "STOPPED" },
    });
    expect(deleted!.data.sequence).toBeGreaterThan(updated!.data.sequence);
    const { changes } = await caller.graphql(ChangesDocument, { after: updated!.data.cursor });
    expect(changes.nodes.map(({ kind }) => kind)).toEqual(["session.deleted"]);
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toHaveLength(2);
    expect(await deliveriesOf(id)).toMatchObject([
      {
        id: deleted!.id,
        status: "DELIVERED",
        attempts: 1,
        responseStatus: 204,
        problem: null,
        nextAttemptAt: null,
        change: { kind: "session.deleted", objectId: sessionId, cursor: deleted!.data.cursor, object: null },
      },
      { id: updated!.id, status: "DELIVERED", lastAttemptAt: expect.any(String) },
    ]);
    const node = await caller.graphql(`query ($id: ID!) { node(id: $id) { ... on WebhookDelivery { status change { kind } } } }`, {
      id: updated!.id,
    });
    expect(node["node"]).toEqual({ status: "DELIVERED", change: { kind: "session.updated" } });
  });

  it("is told of nothing of before, of others, or once it is deleted", async () => {
    await createSession("Before");
    const stranger = await server.otherOrganization();
    await dispatch();
    const receiver = await startReceiver();
    const id = await hook(receiver);
    const mine = caller;
    caller = stranger;
    await createSession("Stranger");
    caller = mine;
    await createSession("Mine");
    await receiver.until(1);
    await caller.graphql(DeleteWebhooksDocument, { input: { ids: [id] } });
    const other = await startReceiver();
    await hook(other);
    await createSession("After");
    await other.until(1);
    expect([names(receiver), names(other)]).toEqual([["Mine"], ["After"]]);
    // What was sent goes with the sweep.
    for (const _ of ["its deliveries", "itself"]) await sweepDeliveries(server.database.executor, { now: clock.now() });
    const [left] = await server.database.executor.execute<{ count: number }>(
      sql`select count(*)::integer as count from webhooks where id = ${id}`,
    );
    expect(left!.count).toBe(0);
  });

  it("gets the changes of each object in their order, and those of different objects side by side", async () => {
    await dispatch();
    const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), 20));
    await hook(receiver);
    const ids = await Promise.all(["a", "b", "c", "d"].map(createSession));
    for (const turn of [1, 2, 3, 4]) await Promise.all(ids.map((id) => rename(id, `${id} ${turn}`)));
    const messages = await receiver.until(20);
    for (const id of ids) {
      const sequences = messages.filter(({ data }) => data.objectId === id).map(({ data }) => data.sequence);
      expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
      expect(sequences).toHaveLength(5);
    }
    expect(receiver.open.most).toBeGreaterThan(1);
    expect(receiver.open.most).toBeLessThanOrEqual(8);
  });

  it(
    "is counted in the metrics: what it takes, what is attempted again or given up, and what waits for it",
    { timeout: 120_000 },
    async () => {
      const gateway = await startTestServer({ clock });
      onTestFinished(gateway.stop);
      caller = gateway;
      await dispatch({ gateway });
      const receiver = await startReceiver((response, { data }) => response.writeHead(data["name"] === "Bad" ? 500 : 200).end());
      const id = await hook(receiver, ["session.created"]);
      const figures = async () => {
        const scraped = await scrape(gateway.url);
        const attempts = (outcome: string) => scraped.value("headend_webhook_attempts_total", { outcome });
        return {
          // Repeated for as long as it takes to look.
          attempts: [attempts("DELIVERED"), Math.sign(attempts("RETRYING") ?? -1), attempts("FAILED")],
          waiting: scraped.value("headend_webhook_deliveries_waiting"),
          age: Math.sign(scraped.value("headend_webhook_delivery_age_seconds") ?? -1),
        };
      };
      expect(await figures()).toEqual({ attempts: [0, 0, 0], waiting: 0, age: 0 });
      await createSession("Good");
      await createSession("Bad");
      await receiver.until(2);
      receiver.secret = null;
      await expect.poll(figures, PATIENCE).toEqual({ attempts: [1, 1, 0], waiting: 1, age: 1 });
      aheadMilliseconds += GIVE_UP_HOURS * 3_600_000 + 60_000;
      await expect.poll(figures, PATIENCE).toEqual({ attempts: [1, 1, 1], waiting: 0, age: 0 });
      expect((await deliveriesOf(id)).map(({ status }) => status).toSorted()).toEqual(["DELIVERED", "FAILED"]);
    },
  );

  it("is told again what it answers 500 to, later and later, and its successors meanwhile", async () => {
    await dispatch();
    const receiver = await startReceiver((response, { data }) => response.writeHead(data["name"] === "Bad" && isDown ? 500 : 200).end());
    let isDown = true;
    const id = await hook(receiver);
    const sessionId = await createSession("Bad");
    await receiver.until(1);
    receiver.secret = null;
    await expect
      .poll(() => deliveriesOf(id), PATIENCE)
      .toMatchObject([{ status: "RETRYING", attempts: 1, responseStatus: 500, problem: expect.stringContaining("500") }]);
    expect((await webhookNow(id)).failingSince).not.toBeNull();
    const [waiting] = await deliveriesOf(id);
    const delay = Date.parse(waiting!.nextAttemptAt!) - Date.parse(waiting!.lastAttemptAt!);
    expect(delay).toBeGreaterThanOrEqual(4_000);
    expect(delay).toBeLessThanOrEqual(6_000);
    aheadMilliseconds += 6_000;
    await receiver.until(2);
    await expect.poll(() => deliveriesOf(id), PATIENCE).toMatchObject([{ status: "RETRYING", attempts: 2 }]);
    // A message that is refused holds up no other, of its object neither, and is not hurried by them.
    await rename(sessionId, "Good");
    await receiver.until(3);
    await expect.poll(async () => (await webhookNow(id)).failingSince, PATIENCE).toBeNull();
    await rename(sessionId, "Better");
    await receiver.until(4);
    expect(names(receiver)).toEqual(["Bad", "Bad", "Good", "Better"]);
    isDown = false;
    aheadMilliseconds += 30_000;
    await receiver.until(5);
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toHaveLength(3);
    expect(new Set(receiver.messages.filter(({ data }) => data["name"] === "Bad").map((message) => message.id)).size).toBe(1);
  });

  it("that was away is told at once what waits, as soon as it takes anything again", async () => {
    await dispatch();
    const receiver = await startReceiver(503);
    const id = await hook(receiver);
    receiver.secret = null;
    await createSession("A");
    await createSession("B");
    await expect.poll(async () => (await deliveriesOf(id, "RETRYING")).length, PATIENCE).toBe(2);
    aheadMilliseconds += 61_000;
    await expect.poll(async () => (await deliveriesOf(id, "RETRYING")).map(({ attempts }) => attempts), PATIENCE).toEqual([2, 2]);
    // Both wait for 15 seconds by now, which nobody lets pass.
    receiver.answering = 200;
    await createSession("C");
    await expect.poll(async () => (await deliveriesOf(id, "DELIVERED")).length, PATIENCE).toBe(3);
  });

  it("is given up after its time, which is then listed, and sent again when asked for", async () => {
    await dispatch();
    const receiver = await startReceiver(503);
    const id = await hook(receiver);
    receiver.secret = null;
    await createSession("Lost");
    for (let attempt = 1; (await deliveriesOf(id, "FAILED")).length === 0; attempt += 1) {
      expect(attempt).toBeLessThan(12);
      await receiver.until(attempt);
      await expect.poll(async () => (await deliveriesOf(id))[0]!.attempts, PATIENCE).toBe(attempt);
      const isNoted = async () => Date.parse((await deliveriesOf(id))[0]!.lastAttemptAt ?? "0") > clock.now().getTime() - 3_600_000;
      await expect.poll(isNoted, PATIENCE).toBe(true);
      aheadMilliseconds += 10 * 3_600_000;
    }
    expect(aheadMilliseconds).toBeGreaterThan(GIVE_UP_HOURS * 3_600_000);
    expect(await deliveriesOf(id, "FAILED")).toMatchObject([{ responseStatus: 503, nextAttemptAt: null }]);
    receiver.answering = 200;
    const [failed] = await deliveriesOf(id, "FAILED");
    const { resendWebhook } = await caller.graphql(ResendWebhookDocument, { input: { id, deliveryIds: [failed!.id] } });
    expect(resendWebhook).toMatchObject({ webhook: { id }, userErrors: [] });
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toMatchObject([{ id: failed!.id, attempts: 1 }]);
    expect(new Set(receiver.messages.map((message) => message.id))).toEqual(new Set([failed!.id]));
  });

  it("that answers 410 is disabled; enabled again, it is told what it missed", async () => {
    await dispatch();
    const receiver = await startReceiver(410);
    const id = await hook(receiver);
    await createSession("Gone");
    await expect.poll(() => webhookNow(id), PATIENCE).toMatchObject({ isEnabled: false, disabledReason: expect.stringContaining("410") });
    await createSession("Missed");
    receiver.answering = 200;
    expect(receiver.messages).toHaveLength(1);
    await caller.graphql(UpdateWebhookDocument, { input: { id, isEnabled: true } });
    aheadMilliseconds += 10_000;
    receiver.secret = null;
    await receiver.until(3);
    expect(names(receiver).toSorted()).toEqual(["Gone", "Gone", "Missed"]);
    expect(await webhookNow(id)).toMatchObject({ isEnabled: true, disabledReason: null });
  });

  it("is sent all after a cursor again, each message under the id that it had", async () => {
    await dispatch();
    const receiver = await startReceiver();
    const id = await hook(receiver);
    await createSession("Early");
    const [early] = await receiver.until(1);
    for (const name of ["A", "B", "C"]) await createSession(name);
    await receiver.until(4);
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toHaveLength(4);
    const { resendWebhook } = await caller.graphql(ResendWebhookDocument, { input: { id, after: early!.data.cursor } });
    expect(resendWebhook.userErrors).toEqual([]);
    await createSession("D");
    await expect.poll(() => names(receiver).filter((name) => name === "D"), PATIENCE).toHaveLength(1);
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toHaveLength(5);
    const idsOf = (name: string) => receiver.messages.filter(({ data }) => data["name"] === name).map((message) => message.id);
    for (const name of ["A", "B", "C"]) {
      expect(idsOf(name)).toHaveLength(2);
      expect(new Set(idsOf(name)).size).toBe(1);
    }
    // A later cursor than where it stands leaves nothing out.
    const { changes } = await caller.graphql(ChangesDocument, {});
    await createSession("E");
    expect(
      (await caller.graphql(ResendWebhookDocument, { input: { id, after: changes.pageInfo.endCursor! } })).resendWebhook.userErrors,
    ).toEqual([]);
    await expect.poll(() => names(receiver), PATIENCE).toContain("E");
  });

  it("that stands before what is kept is told so, whatever its kinds, and goes on from the oldest kept", async () => {
    const receiver = await startReceiver();
    const id = await hook(receiver, ["session.created"]);
    await createSession("Kept");
    const position = encodeCursor({ log: "another one", position: positionAt(snapshotBefore(5n)), at: null });
    await server.database.executor.execute(sql`update webhooks set position = ${position} where id = ${id}`);
    await dispatch();
    const messages = await receiver.until(2);
    expect(messages.map(({ type, data }) => [type, data.objectId === caller.organizationId]).toSorted()).toEqual([
      ["log.lagged", true],
      ["session.created", false],
    ]);
  });

  it("that takes nothing gets no more than so many messages to wait, and the rest from the log when it takes them again", async () => {
    const receiver = await startReceiver(500);
    const id = await hook(receiver, ["template.updated"]);
    await dispatch();
    const append = (count: number) =>
      server.database.transaction("append", (transaction) =>
        appendChanges(
          transaction,
          Array.from({ length: count }, (_, index) => ({
            organizationId: caller.organizationId,
            object: "TEMPLATE" as const,
            objectId: newIdentifier("template"),
            kind: "UPDATED" as const,
            at: clock.now(),
            actor: null,
            before: null,
            after: { name: `T${index}` },
          })),
        ),
      );
    await append(1);
    await receiver.until(1);
    await expect.poll(async () => (await webhookNow(id)).failingSince, PATIENCE).not.toBeNull();
    await append(OPEN_LIMIT + 200);
    const total = async () => (await webhookNow(id)).deliveries.totalCount;
    await expect.poll(total, PATIENCE).toBeGreaterThanOrEqual(OPEN_LIMIT);
    expect(await total()).toBeLessThan(OPEN_LIMIT + 100);
    receiver.answering = 200;
    receiver.secret = null;
    aheadMilliseconds += 60_000;
    await expect
      .poll(async () => (await webhookNow(id, "DELIVERED")).deliveries.totalCount, { timeout: 90_000, interval: 200 })
      .toBe(OPEN_LIMIT + 201);
  });

  it("forgets deliveries after their time, and the oldest of too many, but none that is still to be sent", async () => {
    await dispatch();
    const receiver = await startReceiver((response, { data }) => response.writeHead(data["name"] === "Open" ? 500 : 200).end());
    const id = await hook(receiver);
    for (const name of ["Open", "A", "B", "C"]) await createSession(name);
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toHaveLength(3);
    await expect.poll(() => deliveriesOf(id, "RETRYING"), PATIENCE).toHaveLength(1);
    await sweepDeliveries(server.database.executor, { now: clock.now(), rowLimit: 2 });
    expect((await deliveriesOf(id)).map(({ status }) => status)).toEqual(["DELIVERED", "DELIVERED", "RETRYING"]);
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    await sweepDeliveries(server.database.executor, { now: days(29) });
    expect(await deliveriesOf(id)).toHaveLength(3);
    await sweepDeliveries(server.database.executor, { now: days(31) });
    expect(await deliveriesOf(id)).toHaveLength(0);
  });
});

describe("a receiver that does harm", () => {
  it("by hanging, streaming without end or closing delays nobody else, and is told again", async () => {
    await dispatch({ deliveryMilliseconds: 2_000 });
    const hanging = await startReceiver(() => undefined);
    const endless = await startReceiver((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x".repeat(1_000)), 1);
      response.once("close", () => clearInterval(timer));
    });
    const closing = await startReceiver((response) => response.destroy());
    const garbled = await startReceiver((response) => response.socket?.end("HTTP/1.1 999999 nonsense\r\n\r\n\r\n"));
    const healthy = await startReceiver();
    const ids: string[] = [];
    for (const receiver of [hanging, endless, closing, garbled, healthy]) ids.push(await hook(receiver));
    for (let index = 0; index < 10; index += 1) await createSession(`S${index}`);
    const startedAt = performance.now();
    await healthy.until(10);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    // A status that was answered counts, whatever comes after it.
    await expect.poll(async () => (await deliveriesOf(ids[1]!, "DELIVERED")).length, PATIENCE).toBe(10);
    await expect.poll(async () => (await deliveriesOf(ids[0]!, "RETRYING")).length, PATIENCE).toBeGreaterThan(0);
    const [late] = await deliveriesOf(ids[0]!, "RETRYING");
    expect(late).toMatchObject({ responseStatus: null, problem: "The receiver did not answer within 2 seconds." });
    for (const index of [2, 3]) {
      await expect.poll(async () => (await deliveriesOf(ids[index]!, "RETRYING")).length, PATIENCE).toBeGreaterThan(0);
      expect((await deliveriesOf(ids[index]!, "RETRYING"))[0]).toMatchObject({
        responseStatus: null,
        problem: expect.stringContaining("broke off"),
      });
    }
    expect(hanging.open.most).toBeLessThanOrEqual(8);
  });

  it("by redirecting is not followed, be it to a cloud's metadata or to itself", async () => {
    await dispatch();
    for (const location of ["http://169.254.169.254/latest/meta-data", "/elsewhere"]) {
      const receiver = await startReceiver((response) => response.writeHead(307, { location }).end());
      const id = await hook(receiver);
      await createSession(location.slice(0, 40));
      await expect.poll(() => deliveriesOf(id), PATIENCE).toMatchObject([{ status: "RETRYING", responseStatus: 307 }]);
      expect(receiver.messages.map(({ path }) => path)).toEqual(["/"]);
      await caller.graphql(UpdateWebhookDocument, { input: { id, isEnabled: false } });
    }
  });

  it("by its address is not asked: addresses are checked at every delivery", async () => {
    const receiver = await startReceiver();
    const id = await hook(receiver);
    // This gateway may not reach loopback, whatever the one said that took the address.
    await dispatch({ allowedNetworks: [] });
    await createSession("Refused");
    await expect
      .poll(() => deliveriesOf(id), PATIENCE)
      .toMatchObject([{ status: "RETRYING", responseStatus: null, problem: expect.stringMatching(/loopback/) }]);
    expect(receiver.messages).toEqual([]);
  });

  it("by having no address now is tried again", async () => {
    await dispatch();
    const receiver = await startReceiver();
    const id = await hook({ ...receiver, url: "http://nowhere.invalid" });
    await createSession("Unresolved");
    await expect
      .poll(() => deliveriesOf(id), PATIENCE)
      .toMatchObject([{ status: "RETRYING", problem: "The name nowhere.invalid has no address now." }]);
  });
});

describe("the receiver of the examples", () => {
  it("takes messages that are signed with its secret, each once, and no others", async () => {
    await dispatch();
    const placeholder = await startReceiver();
    const id = await hook(placeholder);
    const child = startNode(["examples/webhook-receiver.mjs", placeholder.secret!, "0"]);
    onTestFinished(() => void child.kill());
    const url = await nextOutput(child);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { updateWebhook } = await caller.graphql(UpdateWebhookDocument, { input: { id, url } });
    expect(updateWebhook.userErrors).toEqual([]);
    const printed = nextOutput(child);
    const sessionId = await createSession("Printed");
    expect(JSON.parse(await printed)).toMatchObject({ type: "session.created", data: { objectId: sessionId, name: "Printed" } });
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toMatchObject([{ responseStatus: 204 }]);
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
  });
});

describe("several gateways", () => {
  it("send each message once, beside writers", async () => {
    const others = await Promise.all([startTestServer({ share: server, clock }), startTestServer({ share: server, clock })]);
    onTestFinished(async () => void (await Promise.all(others.map((other) => other.stop()))));
    const receiver = await startReceiver((response) => setTimeout(() => response.writeHead(200).end(), Math.random() * 20));
    const id = await hook(receiver);
    for (const gateway of [server, ...others]) await dispatch({ gateway });
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      const sessionId = await createSession(`W${writer}`);
      for (let turn = 0; turn < 24; turn += 1) await rename(sessionId, `W${writer} ${turn}`);
    });
    await Promise.all(writers);
    await receiver.until(150);
    await expect.poll(() => deliveriesOf(id, "PENDING"), PATIENCE).toHaveLength(0);
    expect(new Set(receiver.messages.map((message) => message.id)).size).toBe(150);
    expect(receiver.messages).toHaveLength(150);
    expect(receiver.open.most).toBeLessThanOrEqual(12);
    for (let writer = 0; writer < 6; writer += 1) {
      const sequences = receiver.messages
        .filter(({ data }) => String(data["name"]).startsWith(`W${writer}`))
        .map(({ data }) => data.sequence);
      expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
    }
  });

  it("leave what was not answered to the others when they end", async () => {
    const receiver = await startReceiver(() => undefined);
    const id = await hook(receiver);
    const first = await dispatch();
    await createSession("Handed on");
    await receiver.until(1);
    await first.close();
    receiver.answering = 200;
    await dispatch();
    await expect.poll(() => deliveriesOf(id, "DELIVERED"), PATIENCE).toMatchObject([{ attempts: 1 }]);
    expect(receiver.messages.map((message) => message.id)).toEqual([receiver.messages[0]!.id, receiver.messages[0]!.id]);
  });
});
