import { describe, expect, it } from "vitest";
import { FrameGatherer } from "../../src/encoder/frame-gatherer.ts";
import { PACKET_BYTES } from "../../src/encoder/transport-stream.ts";

const PAYLOAD_BYTES = PACKET_BYTES - 4;

interface PacketShape {
  readonly counter: number;
  /** What the frame that begins in it says of its length; left out where none begins. */
  readonly length?: number;
  readonly fill?: number;
  readonly isDamaged?: boolean;
}

function packet({ counter, length, fill = counter, isDamaged = false }: PacketShape): Buffer {
  const bytes = Buffer.alloc(PACKET_BYTES, fill);
  Buffer.from([0x47, (isDamaged ? 0x80 : 0) | (length === undefined ? 0 : 0x40) | 0x05, 0x55, 0x10 | counter]).copy(bytes);
  if (length !== undefined) Buffer.from([0, 0, 1, 0xc0, length >> 8, length & 0xff, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1]).copy(bytes, 4);
  return bytes;
}

/** For each packet, how many packets the frame has that comes of it, or null. */
function gather(shapes: readonly PacketShape[], endsByLength: boolean): readonly (number | null)[] {
  const gatherer = new FrameGatherer({ pid: 0x101, endsByLength });
  return shapes.map((shape) => {
    const frame = gatherer.push(packet(shape), 0);
    return frame && frame.packets.length / PACKET_BYTES;
  });
}

const twoPackets = 2 * PAYLOAD_BYTES - 6;

describe("frames", () => {
  it.each<[string, boolean, readonly PacketShape[], readonly (number | null)[]]>([
    ["end by their length", true, [{ counter: 0, length: twoPackets }, { counter: 1 }], [null, 2]],
    [
      "of pictures end where the next one begins",
      false,
      [{ counter: 0, length: 9 }, { counter: 1 }, { counter: 2, length: 9 }],
      [null, null, 2],
    ],
    [
      "without a length end where the next one begins",
      true,
      [{ counter: 0, length: 0 }, { counter: 1 }, { counter: 2, length: 0 }],
      [null, null, 2],
    ],
    ["of which the beginning is lost are left out", true, [{ counter: 3 }, { counter: 4, length: 9 }, { counter: 5 }], [null, 1, null]],
    [
      "of which the end is lost end where the next one begins",
      true,
      [
        { counter: 0, length: 999 },
        { counter: 7, length: 999 },
      ],
      [null, 1],
    ],
    [
      "behind one that was cut short come with the next packet",
      true,
      [
        { counter: 0, length: 999 },
        { counter: 7, length: 9 },
        { counter: 8, length: 9 },
      ],
      [null, 1, 1],
    ],
    [
      "are told apart from what comes twice",
      true,
      [{ counter: 0, length: twoPackets }, { counter: 0, length: twoPackets }, { counter: 1 }],
      [null, null, 2],
    ],
    [
      "have what has the same counter and is another packet",
      false,
      [{ counter: 0, length: 0 }, { counter: 1 }, { counter: 1, fill: 9 }, { counter: 2, length: 0 }],
      [null, null, null, 3],
    ],
  ])("%s", (_, endsByLength, shapes, wanted) => {
    expect(gather(shapes, endsByLength)).toEqual(wanted);
  });

  it("say nothing of what was lost, damaged or numbered otherwise", () => {
    const gatherer = new FrameGatherer({ pid: 0x101, endsByLength: true });
    gatherer.push(packet({ counter: 9, length: 5 * PAYLOAD_BYTES }), 0);
    gatherer.push(packet({ counter: 12, isDamaged: true }), 0);
    const { packets } = gatherer.push(packet({ counter: 3, length: 1 }), 0) ?? { packets: Buffer.alloc(0) };
    const headers = [0, PACKET_BYTES].map((at) => packets.subarray(at, at + 4).toString("hex"));
    expect(headers).toEqual(["47410110", "47010111"]);
    // Two packets of payload, less the six bytes that the length does not count.
    expect(packets.readUInt16BE(8)).toBe(2 * PAYLOAD_BYTES - 6);
  });

  it("are forgotten where they never end, and begin again with the next one", () => {
    const gatherer = new FrameGatherer({ pid: 0x100, endsByLength: false });
    gatherer.push(packet({ counter: 0, length: 0 }), 0);
    for (let index = 1; index < 43_000; index += 1) expect(gatherer.push(packet({ counter: index % 16 }), 0)).toBeNull();
    expect(gatherer.push(packet({ counter: 5, length: 0 }), 0)).toBeNull();
    expect(gatherer.push(packet({ counter: 6, length: 0 }), 0)?.packets).toHaveLength(PACKET_BYTES);
  });
});
