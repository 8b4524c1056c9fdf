import { sectionChecksum } from "./section-checksum.ts";
import { PACKET_BYTES } from "./transport-stream.ts";

/** A stream as it is announced in tables that we write. */
export interface WrittenStream {
  readonly pid: number;
  readonly streamType: number;
  /** Three letters; null to say nothing. */
  readonly language: string | null;
}

/** As ffmpeg numbers what it writes, so that streams of ours and of its cannot be told apart. */
export const FIRST_STREAM_PID = 0x100;
const PAT_PID = 0;
const PMT_PID = 0x1000;
const PROGRAM = 1;
const TRANSPORT_STREAM = 1;
const PAT_TABLE = 0x00;
const PMT_TABLE = 0x02;
const LANGUAGE_DESCRIPTOR = 0x0a;
const IN_FORCE = 0xc1;
const COUNTER_MODULUS = 16;

/**
 * Gives the two packets with the tables of one program that holds these streams, its clock in the first of them, anew at each call:
 * only their counters differ.
 */
export function createTables(streams: readonly WrittenStream[]): () => Buffer {
  const clockPid = streams[0]?.pid ?? 0x1fff;
  const entries = streams.flatMap(({ pid, streamType, language }) => {
    const descriptors = language === null ? [] : [LANGUAGE_DESCRIPTOR, 4, ...Buffer.from(language, "latin1"), 0];
    return [streamType, ...reserved(pid, 0xe0), ...reserved(descriptors.length, 0xf0), ...descriptors];
  });
  const packets = Buffer.concat([
    packetOf(PAT_PID, section(PAT_TABLE, TRANSPORT_STREAM, [...word(PROGRAM), ...reserved(PMT_PID, 0xe0)])),
    packetOf(PMT_PID, section(PMT_TABLE, PROGRAM, [...reserved(clockPid, 0xe0), ...reserved(0, 0xf0), ...entries])),
  ]);
  let counter = 0;
  return () => {
    const tables = Buffer.from(packets);
    for (const at of [0, PACKET_BYTES]) tables[at + 3] = 0x10 | counter;
    counter = (counter + 1) % COUNTER_MODULUS;
    return tables;
  };
}

function section(table: number, identifier: number, body: readonly number[]): Buffer {
  const rest = [...word(identifier), IN_FORCE, 0, 0, ...body];
  const whole = Buffer.from([table, ...reserved(rest.length + 4, 0xb0), ...rest]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(sectionChecksum(whole));
  return Buffer.concat([whole, checksum]);
}

/** Of a section that fits into it, as those of two streams do. */
function packetOf(pid: number, content: Buffer): Buffer {
  const packet = Buffer.alloc(PACKET_BYTES, 0xff);
  Buffer.from([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0]).copy(packet);
  content.copy(packet, 5);
  return packet;
}

function word(value: number): readonly [number, number] {
  return [value >> 8, value & 0xff];
}

/** The same, with the bits that every such field begins with. */
function reserved(value: number, bits: number): readonly [number, number] {
  return [bits | (value >> 8), value & 0xff];
}
