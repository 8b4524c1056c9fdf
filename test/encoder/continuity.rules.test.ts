import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContinuityCounter, LossWindow } from "../../src/encoder/continuity.rules.ts";
import { TransportUnwrapper } from "../../src/encoder/transport-unwrapper.rules.ts";

interface Packet {
  readonly pid?: number;
  readonly counter: number;
  readonly hasPayload?: boolean;
  readonly isDamaged?: boolean;
  readonly isBreak?: boolean;
}

function packet({ pid = 256, counter, hasPayload = true, isDamaged = false, isBreak = false }: Packet): Buffer {
  const bytes = Buffer.alloc(188, 0xff);
  const hasAdaptation = !hasPayload || isBreak;
  bytes[0] = 0x47;
  bytes.writeUInt16BE((isDamaged ? 0x8000 : 0) | pid, 1);
  bytes[3] = (hasAdaptation ? 0x20 : 0) | (hasPayload ? 0x10 : 0) | (counter & 15);
  if (hasAdaptation) {
    bytes[4] = hasPayload ? 7 : 183;
    bytes[5] = isBreak ? 0x80 : 0;
  }
  return bytes;
}

const run = (...counters: readonly number[]): readonly Packet[] => counters.map((counter) => ({ counter }));
const count = (packets: readonly Packet[]) => new ContinuityCounter().count(Buffer.concat(packets.map(packet)));

describe("continuity counters", () => {
  it.each<[string, readonly Packet[], { received: number; damaged?: number; lost?: number }]>([
    ["in turn, around the end", run(14, 15, 0, 1), { received: 4 }],
    ["begin anywhere", run(9), { received: 1 }],
    ["skip three", run(1, 5), { received: 2, lost: 3 }],
    ["go back by two, which is fourteen lost", run(5, 4), { received: 2, lost: 14 }],
    ["come twice", run(1, 1, 2), { received: 3 }],
    ["come three times", run(1, 1, 1, 2), { received: 4, lost: 1 }],
    ["come twice, and twice again later", run(1, 1, 2, 2, 3), { received: 5 }],
    ["jump where a discontinuity is announced", [...run(1), { counter: 9, isBreak: true }, ...run(10)], { received: 3 }],
    [
      "jump after one announced in a packet without payload",
      [...run(1), { counter: 1, hasPayload: false, isBreak: true }, ...run(9)],
      { received: 3 },
    ],
    ["stand still in packets without payload", [...run(1), { counter: 1, hasPayload: false }, ...run(2)], { received: 3 }],
    ["are their own for each PID", [{ counter: 1 }, { pid: 300, counter: 8 }, { counter: 2 }, { pid: 300, counter: 9 }], { received: 4 }],
    [
      "mean nothing in null packets",
      [
        { pid: 0x1fff, counter: 3 },
        { pid: 0x1fff, counter: 9 },
      ],
      { received: 0 },
    ],
    ["go on through a damaged packet", [...run(1), { counter: 2, isDamaged: true }, ...run(3)], { received: 3, damaged: 1 }],
    [
      "are not believed of a damaged packet that fits nowhere",
      [...run(1), { counter: 7, isDamaged: true }, ...run(2)],
      { received: 3, damaged: 1 },
    ],
  ])("%s", (_, packets, expected) => {
    expect(count(packets)).toEqual({ damaged: 0, lost: 0, ...expected });
  });

  it("tell exactly how many of several streams are missing, whatever is sent twice and however it is cut", () => {
    const sent = fc.array(
      fc.record({ pid: fc.integer({ min: 32, max: 34 }), fate: fc.constantFrom("SENT", "SENT", "SENT", "TWICE", "LOST") }),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(sent, fc.integer({ min: 1, max: 700 }), (plan, chunkBytes) => {
        const counters = new Map<number, number>();
        const pending = new Map<number, number>();
        let lost = 0;
        const packets = plan.flatMap(({ pid, fate }) => {
          const counter = ((counters.get(pid) ?? 0) + 1) % 16;
          counters.set(pid, counter);
          const missing = pending.get(pid);
          if (fate === "LOST" && missing !== undefined && missing < 15) {
            pending.set(pid, missing + 1);
            return [];
          }
          lost += missing ?? 0;
          pending.set(pid, 0);
          const one = packet({ pid, counter });
          return fate === "TWICE" ? [one, one] : [one];
        });
        // Its end is known once something follows.
        const bytes = Buffer.concat([...packets, packet({ pid: 0x1fff, counter: 0 })]);
        const unwrapper = new TransportUnwrapper();
        const counter = new ContinuityCounter();
        let found = 0;
        let received = 0;
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          for (const piece of unwrapper.push(bytes.subarray(at, at + chunkBytes))) {
            const one = counter.count(piece.packets);
            found += one.lost + piece.lostBefore;
            received += one.received;
          }
        }
        expect({ found, received }).toEqual({ found: lost, received: packets.length });
      }),
    );
  });
});

describe("the loss of the last 30 s", () => {
  it("is nothing before anything came, and a share of what should have come", () => {
    const window = new LossWindow();
    expect(window.percent(0)).toBeNull();
    window.add(1_000, { received: 98, damaged: 1, lost: 2 });
    expect(window.percent(1_000)).toBe(3);
    window.add(20_000, { received: 100, damaged: 0, lost: 0 });
    expect(window.percent(20_000)).toBe(1.5);
  });

  it("forgets what is older", () => {
    const window = new LossWindow();
    window.add(1_000, { received: 0, damaged: 0, lost: 50 });
    window.add(20_000, { received: 50, damaged: 0, lost: 0 });
    expect(window.percent(30_400)).toBe(50);
    expect(window.percent(31_500)).toBe(0);
    expect(window.percent(60_000)).toBeNull();
  });
});

describe("MPEG-TS in RTP", () => {
  function rtp(sequence: number, packets: readonly Buffer[], own: { source?: number; type?: number; extension?: number } = {}): Buffer {
    const header = Buffer.alloc(12 + (own.extension === undefined ? 0 : 4 + 4 * own.extension), 0x47);
    header[0] = own.extension === undefined ? 0x80 : 0x90;
    header[1] = own.type ?? 33;
    header.writeUInt16BE(sequence % 65_536, 2);
    header.writeUInt32BE(own.source ?? 7, 8);
    if (own.extension !== undefined) header.writeUInt16BE(own.extension, 14);
    return Buffer.concat([header, ...packets]);
  }
  const seven = (first: number): Buffer[] => Array.from({ length: 7 }, (_, index) => packet({ counter: first + index }));
  const push = (datagrams: readonly Buffer[], chunkBytes = 1_000_000) => {
    const unwrapper = new TransportUnwrapper();
    const bytes = Buffer.concat(datagrams);
    const runs = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
      unwrapper.push(bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
    ).flat();
    return {
      packets: Buffer.concat(runs.map((one) => one.packets)).length / 188,
      lost: runs.reduce((sum, one) => sum + one.lostBefore, 0),
    };
  };

  it.each<[string, readonly Buffer[], { packets: number; lost: number }]>([
    ["follows the sequence around its end", [rtp(65_535, seven(0)), rtp(0, seven(7))], { packets: 14, lost: 0 }],
    ["counts what was in the datagrams that are missing", [rtp(1, seven(0)), rtp(4, seven(5))], { packets: 14, lost: 14 }],
    [
      "leaves out what comes late, which was counted as lost",
      [rtp(1, seven(0)), rtp(3, seven(14)), rtp(2, seven(7))],
      { packets: 14, lost: 7 },
    ],
    ["leaves out what comes twice", [rtp(1, seven(0)), rtp(1, seven(0))], { packets: 7, lost: 0 }],
    [
      "takes a sender that began anew",
      [rtp(1, seven(0)), rtp(30_000, seven(0)), rtp(9, seven(0), { source: 8 })],
      { packets: 21, lost: 0 },
    ],
    ["skips headers with extensions", [rtp(1, seven(0), { extension: 2 }), rtp(2, seven(7), { extension: 3 })], { packets: 14, lost: 0 }],
    ["holds nothing of other payloads", [rtp(1, [Buffer.alloc(700, 1)], { type: 96 })], { packets: 0, lost: 0 }],
  ])("%s", (_, datagrams, expected) => {
    expect(push(datagrams)).toEqual(expected);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_500 }), (chunkBytes) => {
        expect(push(datagrams, chunkBytes)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("goes on behind what was given up, and does not count it again", () => {
    const unwrapper = new TransportUnwrapper();
    const half = Buffer.concat([rtp(1, seven(0)), rtp(2, seven(7)).subarray(0, 500)]);
    unwrapper.push(half);
    unwrapper.skip();
    const runs = unwrapper.push(Buffer.concat([rtp(30, seven(14)), rtp(31, seven(21))]));
    expect(runs.reduce((sum, one) => sum + one.packets.length, 0) / 188).toBe(14);
    expect(runs.map(({ lostBefore }) => lostBefore)).toEqual([0]);
  });

  it("finds its way back after rubbish", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (rubbish) => {
        const bytes = Buffer.concat([Buffer.from(rubbish), ...seven(0), ...seven(7), ...seven(14)]);
        const unwrapper = new TransportUnwrapper();
        const found = unwrapper.push(bytes).reduce((sum, one) => sum + one.packets.length, 0) / 188;
        expect(found).toBeGreaterThanOrEqual(10);
      }),
    );
  });
});
