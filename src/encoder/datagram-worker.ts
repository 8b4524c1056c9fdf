// A thread that receives datagrams and does nothing else, so that it never stands still when the thread of the sessions does.
import { parentPort } from "node:worker_threads";
import type { DatagramPlan } from "./datagram-plan.rules.ts";
import { DatagramQueue } from "./datagram-queue.ts";
import type { DatagramOrder, DatagramPart, DatagramTelling } from "./datagram-receiver.ts";
import { openDatagramSocket, type DatagramSocket } from "./datagram-socket.ts";

/** What came meanwhile is handed over at once: a message for each datagram would cost more than its reception. */
const HAND_OVER_MILLISECONDS = 20;

interface Input {
  readonly socket: DatagramSocket;
  readonly queue: DatagramQueue;
}

const inputs = new Map<number, Input>();
let timer: NodeJS.Timeout | null = null;
/** What was handed over last was not taken yet: the queues hold what comes meanwhile, and no more than they may. */
let isUntaken = false;

parentPort?.on("message", (order: DatagramOrder) => {
  if (order.kind === "OPEN") return open(order.id, order.plan);
  if (order.kind === "CLOSE") return close(order.id, "The input was closed.");
  isUntaken = false;
  if ([...inputs.values()].some(({ queue }) => !queue.isEmpty)) handOverSoon();
});

function open(id: number, plan: DatagramPlan): void {
  const queue = new DatagramQueue(plan.queueBytes);
  const socket = openDatagramSocket(plan, {
    onDatagram(datagram) {
      if (!queue.add(datagram) && plan.endsWhenFull) return close(id, "The input comes faster than it can be taken in.");
      if (!isUntaken) handOverSoon();
    },
    onProblem: (reason) => close(id, reason),
  });
  inputs.set(id, { socket, queue });
}

function close(id: number, reason: string): void {
  const input = inputs.get(id);
  if (!input) return;
  inputs.delete(id);
  input.socket.close(() => tell({ kind: "CLOSED", id, reason }));
}

function handOverSoon(): void {
  timer ??= setTimeout(handOver, HAND_OVER_MILLISECONDS);
}

/** All that waits, of all inputs, in one piece of memory that goes with it. */
function handOver(): void {
  timer = null;
  const taken = [...inputs].filter(([, { queue }]) => !queue.isEmpty).map(([id, { queue }]) => ({ id, ...queue.take() }));
  if (taken.length === 0) return;
  // Of its own, since it goes with the message, and not filled with zeros that are written over.
  const bytes = Buffer.allocUnsafeSlow(taken.reduce((sum, each) => sum + each.bytes, 0));
  const parts: DatagramPart[] = [];
  let at = 0;
  for (const { id, datagrams, bytes: length, lostBytes } of taken) {
    for (const datagram of datagrams) {
      bytes.set(datagram, at);
      at += datagram.length;
    }
    parts.push({ id, length, lostBytes });
  }
  isUntaken = true;
  tell({ kind: "RECEIVED", bytes, parts }, [bytes.buffer]);
}

function tell(telling: DatagramTelling, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(telling, [...transfer]);
}
