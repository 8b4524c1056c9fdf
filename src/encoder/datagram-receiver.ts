import type { Worker } from "node:worker_threads";
import type { Logger } from "../shared/log.ts";
import { startSourceWorker } from "../shared/source-worker.ts";
import type { DatagramPlan } from "./datagram-plan.rules.ts";

/** What the thread is told; TAKEN: what it handed over last was taken. */
export type DatagramOrder =
  | { readonly kind: "OPEN"; readonly id: number; readonly plan: DatagramPlan }
  | { readonly kind: "CLOSE"; readonly id: number }
  | { readonly kind: "TAKEN" };

export type DatagramTelling =
  | { readonly kind: "RECEIVED"; readonly bytes: Uint8Array<ArrayBuffer>; readonly parts: readonly DatagramPart[] }
  | { readonly kind: "CLOSED"; readonly id: number; readonly reason: string };

/** What one input received, one after the other in the bytes of all. */
export interface DatagramPart {
  readonly id: number;
  readonly length: number;
  /** What came after that and was given up. */
  readonly lostBytes: number;
}

export interface DatagramHandlers {
  /** Datagrams strung together, in the order in which they came; part of a larger piece of memory that lasts as long as this does. */
  readonly onBytes: (bytes: Buffer) => void;
  /** So much came after them that was given up. */
  readonly onLost: (bytes: number) => void;
}

/** One socket, as long as it is open. */
export interface DatagramInput {
  /** Resolves with the reason, a sentence, once it is closed. */
  readonly ended: Promise<string>;
  /** Nothing is handed over from now on. Idempotent. */
  readonly close: () => void;
}

/** Receives datagrams for all inputs of an encoder. */
export interface DatagramReceiver {
  /** Never throws: what cannot be listened on has ended. */
  readonly receive: (plan: DatagramPlan, handlers: DatagramHandlers) => DatagramInput;
  /** Ends what is open. */
  readonly close: () => Promise<void>;
}

export interface DatagramReceiverOptions {
  readonly log: Logger;
  /** For tests. */
  readonly startThread?: () => Worker;
}

interface Open {
  readonly handlers: DatagramHandlers;
  readonly onEnded: (reason: string) => void;
  isOver: boolean;
}

/**
 * Receives in one thread of its own: when our event loop stood still for 0.2 s, the usual socket buffer lost a tenth of 10 Mbit/s,
 * which would look like errors of the network. The thread begins with the first input, and another one with the first after it died.
 */
export function createDatagramReceiver({ log, startThread = startDatagramThread }: DatagramReceiverOptions): DatagramReceiver {
  let thread: ReturnType<typeof runThread> | null = null;
  return {
    receive(plan, handlers) {
      const running = thread && !thread.isOver() ? thread : runThread(startThread(), log);
      thread = running;
      return running.open(plan, handlers);
    },
    async close() {
      await thread?.end();
    },
  };
}

function startDatagramThread(): Worker {
  return startSourceWorker(new URL("./datagram-worker.ts", import.meta.url), { name: "datagrams" });
}

function runThread(worker: Worker, log: Logger) {
  const inputs = new Map<number, Open>();
  let lastId = 0;
  let isOver = false;
  const order = (what: DatagramOrder): void => worker.postMessage(what);

  function end(id: number, reason: string): void {
    const input = inputs.get(id);
    if (!input) return;
    inputs.delete(id);
    input.isOver = true;
    input.onEnded(reason);
    // Without an input it keeps no process alive.
    if (inputs.size === 0) worker.unref();
  }

  function handOn(bytes: Buffer, parts: readonly DatagramPart[]): void {
    let at = 0;
    for (const { id, length, lostBytes } of parts) {
      const input = inputs.get(id);
      const from = at;
      at += length;
      if (input && !input.isOver && length > 0) input.handlers.onBytes(bytes.subarray(from, at));
      if (input && !input.isOver && lostBytes > 0) input.handlers.onLost(lostBytes);
    }
  }

  worker.on("message", (telling: DatagramTelling) => {
    if (telling.kind === "CLOSED") return end(telling.id, telling.reason);
    const { buffer, byteOffset, byteLength } = telling.bytes;
    handOn(Buffer.from(buffer, byteOffset, byteLength), telling.parts);
    order({ kind: "TAKEN" });
  });
  const fail = (): void => {
    isOver = true;
    for (const id of inputs.keys()) end(id, "The part of the encoder that receives datagrams has ended.");
  };
  worker.on("error", (error) => {
    log.error({ err: error }, "the thread that receives datagrams has failed; another one takes its place");
    fail();
  });
  worker.on("exit", fail);

  return {
    isOver: () => isOver,
    open(plan: DatagramPlan, handlers: DatagramHandlers): DatagramInput {
      const id = (lastId += 1);
      worker.ref();
      const ended = new Promise<string>((onEnded) => inputs.set(id, { handlers, onEnded, isOver: false }));
      order({ kind: "OPEN", id, plan });
      const close = (): void => {
        const input = inputs.get(id);
        if (!input || input.isOver) return;
        input.isOver = true;
        order({ kind: "CLOSE", id });
      };
      return { ended, close };
    },
    async end(): Promise<void> {
      isOver = true;
      await worker.terminate();
    },
  };
}
