import { once } from "node:events";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import type { DatagramPlan } from "../../src/encoder/datagram-plan.rules.ts";
import { createDatagramReceiver, type DatagramInput, type DatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { startSourceWorker } from "../../src/shared/source-worker.ts";
import { eventually, freeMulticast, freeUdpPort } from "../support/media.ts";
import { untilJoined } from "../support/pull-senders.ts";

const DATAGRAM_BYTES = 1_316;
/** Of these datagrams the system keeps some 0.35 s of 10 Mbit/s in it. */
const SMALL_SOCKET_BYTES = 400_000;

const threads: Worker[] = [];
const receiver = createDatagramReceiver({
  log: pino({ level: "silent" }),
  startThread() {
    const thread = startSourceWorker(new URL("../../src/encoder/datagram-worker.ts", import.meta.url), {});
    threads.push(thread);
    return thread;
  },
});
afterAll(() => receiver.close());

/** On the loopback interface. */
function groupPlan({ address, port }: { readonly address: string; readonly port: number }, own: Partial<DatagramPlan> = {}): DatagramPlan {
  return {
    ...{ address, port, isGroup: true, multicastInterface: "127.0.0.1", senders: null, isShared: true },
    ...{ socketBytes: 4_194_304, queueBytes: 9_400_000, endsWhenFull: false, ...own },
  };
}

interface Listening extends DatagramInput {
  /** The numbers of the datagrams that were handed over, in that order, and `"lost"` with how much was given up between them. */
  readonly got: (number | { readonly lost: number })[];
  readonly numbers: () => readonly number[];
  /** How it ended; null before. */
  readonly reason: () => string | null;
}

function listen(plan: DatagramPlan, by: DatagramReceiver = receiver): Listening {
  const got: Listening["got"] = [];
  let reason: string | null = null;
  const input = by.receive(plan, {
    onBytes(bytes) {
      for (let at = 0; at < bytes.length; at += DATAGRAM_BYTES) got.push(bytes.readUInt32BE(at));
    },
    onLost: (lost) => got.push({ lost }),
  });
  void input.ended.then((found) => (reason = found));
  return { ...input, got, numbers: () => got.filter((each) => typeof each === "number"), reason: () => reason };
}

interface Sending {
  readonly address: string;
  readonly port: number;
  readonly count: number;
  /** 950 are 10 Mbit/s. */
  readonly perSecond?: number;
  /** The address of this machine that it is sent from; the loopback interface's when left out. */
  readonly from?: string;
  /** The interface that leads to the group; the loopback interface when left out. */
  readonly by?: string;
  readonly first?: number;
}

const SENDER = `
  const { createSocket } = require("node:dgram");
  const { address, port, count, perSecond, from, by, first, size } = require("node:worker_threads").workerData;
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.bind(0, from, () => {
    if (!/^127/.test(address)) socket.setMulticastInterface(by);
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
      for (; sent < due; sent += 1) {
        const datagram = Buffer.alloc(size);
        datagram.writeUInt32BE(first + sent);
        socket.send(datagram, port, address, sent === count - 1 ? () => socket.close() : undefined);
      }
      if (sent === count) clearInterval(timer);
    }, 5);
  });
`;

/** Sends numbered datagrams from a thread that goes on when this one stands still; resolves once all are sent. */
async function send(sending: Sending): Promise<void> {
  const workerData = { perSecond: 950, from: "127.0.0.1", by: "127.0.0.1", first: 0, size: DATAGRAM_BYTES, ...sending };
  await once(new Worker(SENDER, { eval: true, workerData }), "exit");
}

/** An interface that leads out of this machine, by its IPv4 address, and has one of IPv6 too: the loopback interface knows no groups of that. */
const outside = Object.entries(networkInterfaces())
  .map(([name, own]) => ({ name, own: (own ?? []).filter(({ internal }) => !internal) }))
  .filter(({ own }) => own.some(({ family }) => family === "IPv6"))
  .flatMap(({ name, own }) => own.filter(({ family }) => family === "IPv4").map(({ address }) => ({ name, address })))
  .at(0);

function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("datagrams", () => {
  it("are all there, and in order, when the event loop stood still for half a second at 10 Mbit/s", async () => {
    const group = await freeMulticast();
    const input = listen(groupPlan(group, { socketBytes: SMALL_SOCKET_BYTES }));
    await untilJoined(group.port);
    const sending = send({ ...group, count: 1_900 });
    await eventually("the first", () => input.got.length > 0);
    for (let round = 0; round < 2; round += 1) {
      standStill(500);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await sending;
    await eventually("the last", () => input.got.at(-1) === 1_899);
    expect(input.got).toEqual(upTo(1_900));
    input.close();
    expect(await input.ended).toBe("The input was closed.");
  });

  it("are given up beyond what may wait, which is told to the byte where they are missing", async () => {
    const group = await freeMulticast();
    const input = listen(groupPlan(group, { queueBytes: 100 * DATAGRAM_BYTES }));
    await untilJoined(group.port);
    const sending = send({ ...group, count: 950 });
    await eventually("the first", () => input.got.length > 0);
    standStill(400);
    await sending;
    await eventually("the last", () => input.got.at(-1) === 949);
    let next = 0;
    for (const each of input.got) {
      if (typeof each === "number") expect(each).toBe(next);
      next += typeof each === "number" ? 1 : each.lost / DATAGRAM_BYTES;
    }
    expect(next).toBe(950);
    expect(input.numbers().length).toBeLessThan(850);
    input.close();
  });

  it("end the input when the first does not fit, where its URL wants that", async () => {
    const group = await freeMulticast();
    const input = listen(groupPlan(group, { queueBytes: 100 * DATAGRAM_BYTES, endsWhenFull: true }));
    await untilJoined(group.port);
    const sending = send({ ...group, count: 950 });
    await eventually("the first", () => input.got.length > 0);
    standStill(400);
    expect(await input.ended).toBe("The input comes faster than it can be taken in.");
    await sending;
  });

  it("of one group go to all who listen, and of two groups with one port to those of each", async () => {
    const group = await freeMulticast();
    const other = { ...(await freeMulticast()), port: group.port };
    const twins = [listen(groupPlan(group)), listen(groupPlan(group))];
    const apart = listen(groupPlan(other));
    await untilJoined(group.port, 3);
    await Promise.all([send({ ...group, count: 300 }), send({ ...other, count: 200, first: 1_000 })]);
    await eventually("all of them", () => [...twins, apart].every(({ got }) => got.length >= 200) && twins[1]!.got.length === 300);
    expect(twins.map(({ got }) => got)).toEqual([upTo(300), upTo(300)]);
    expect(apart.got).toEqual(upTo(200).map((number) => number + 1_000));
    twins[0]!.close();
    twins[0]!.close();
    await twins[0]!.ended;
    await send({ ...group, count: 100, first: 300 });
    await eventually("the rest", () => twins[1]!.got.length === 400);
    expect(twins[0]!.got).toHaveLength(300);
    for (const input of [twins[1]!, apart]) input.close();
    await Promise.all([twins[1]!.ended, apart.ended]);
    expect(readFileSync("/proc/net/udp", "utf8")).not.toContain(`:${group.port.toString(16).toUpperCase().padStart(4, "0")} `);
  });

  it("of the named senders alone are taken, from a group and from one port", async () => {
    const group = await freeMulticast();
    const port = await freeUdpPort();
    const senders = ["127.0.0.2"];
    const everybody = listen(groupPlan(group));
    const some = listen(groupPlan(group, { senders }));
    const own = listen(groupPlan({ address: "127.0.0.1", port }, { isGroup: false, isShared: false, senders }));
    await untilJoined(group.port, 2);
    await untilJoined(port);
    for (const [index, from] of ["127.0.0.1", "127.0.0.2", "127.0.0.3"].entries()) {
      await send({ ...group, count: 50, from, first: index * 50 });
      await send({ address: "127.0.0.1", port, count: 50, from, first: index * 50 });
    }
    await eventually("those of everybody", () => everybody.got.length === 150);
    await eventually("those of one port", () => own.got.length >= 50);
    for (const { got } of [some, own]) expect(got).toEqual(upTo(50).map((number) => number + 50));
    for (const input of [everybody, some, own]) input.close();
  });

  it.skipIf(!outside)("come by IPv6, on the interface that has the address", async () => {
    const group = { address: "ff15::4849", port: (await freeMulticast()).port };
    const input = listen(groupPlan(group, { multicastInterface: outside!.address }));
    await eventually("it has joined", () => readFileSync("/proc/net/igmp6", "utf8").includes("ff150000000000000000000000004849"));
    await send({ ...group, count: 50, from: "::", by: `::%${outside!.name}` });
    await eventually("the last", () => input.got.at(-1) === 49);
    expect(input.got).toEqual(upTo(50));
    input.close();
  });
});

describe("an input", () => {
  it.each<[string, Partial<DatagramPlan>, RegExp]>([
    ["an interface that is none of ours", { multicastInterface: "192.0.2.1" }, /^No network interface .* has the address 192\.0\.2\.1 \(/],
    [
      "the same of IPv6",
      { address: "ff15::1", multicastInterface: "192.0.2.1" },
      /^No network interface .* has the address 192\.0\.2\.1 \(/,
    ],
    ["an address of another machine", { address: "192.0.2.1", isGroup: false }, /^The port \d+ cannot be listened on \(EADDRNOTAVAIL\)\.$/],
    ["senders of another kind", { senders: ["2001:db8::1"] }, /^The group 239\.[\d.]+ cannot be joined \(E[A-Z]+\)\.$/],
  ])("that cannot listen says why: %s", async (_, own, expected) => {
    const input = listen(groupPlan(await freeMulticast(), own));
    expect(await input.ended).toMatch(expected);
  });

  it("may want its port for itself", async () => {
    const group = await freeMulticast();
    const first = listen(groupPlan(group, { isShared: false }));
    await untilJoined(group.port);
    const second = listen(groupPlan(group));
    expect(await second.ended).toBe(`The port ${group.port} cannot be listened on (EADDRINUSE).`);
    expect(first.reason()).toBeNull();
    first.close();
  });

  it("ends when the thread dies, as do all others, and the next one has another thread", async () => {
    const groups = [await freeMulticast(), await freeMulticast()];
    const inputs = groups.map((group) => listen(groupPlan(group)));
    await Promise.all(groups.map(({ port }) => untilJoined(port)));
    const count = threads.length;
    await threads.at(-1)!.terminate();
    for (const { ended } of inputs) expect(await ended).toBe("The part of the encoder that receives datagrams has ended.");
    const again = listen(groupPlan(groups[0]!));
    expect(threads).toHaveLength(count + 1);
    await untilJoined(groups[0]!.port);
    await send({ ...groups[0]!, count: 50 });
    await eventually("the last", () => again.got.at(-1) === 49);
    again.close();
  });

  it("ends with the receiver, and leaves nothing open", async () => {
    const group = await freeMulticast();
    const own = createDatagramReceiver({ log: pino({ level: "silent" }) });
    const input = listen(groupPlan(group), own);
    await untilJoined(group.port);
    await own.close();
    await input.ended;
    expect(readFileSync("/proc/net/udp", "utf8")).not.toContain(`:${group.port.toString(16).toUpperCase().padStart(4, "0")} `);
  });
});
