import type { AnnouncedStream } from "./program-tables.rules.ts";
import type { ChosenStreams } from "./stream-remap.rules.ts";
import { frameHeader, isRandomAccess, PACKET_BYTES, payloadStart, readClock } from "./transport-stream.ts";

const H264 = 0x1b;
const HEVC = 0x24;
const AAC = 0x0f;
const START_CODE = Buffer.from([0, 0, 1]);
/** Numbers of units that hold what a decoder has to know before it starts, which stand in front of every picture that it can start with. */
const PARAMETER_UNITS: Readonly<Record<number, (byte: number) => boolean>> = {
  [H264]: (byte) => (byte & 0x1f) === 7,
  [HEVC]: (byte) => [32, 33].includes((byte >> 1) & 0x3f),
};
/** They stand at the very beginning of a frame; what follows is too much to be looked through. */
const SEARCHED_PACKETS = 2;

/** What goes on of an input, with what its tables say of it. */
export interface PlainStreams {
  readonly video: AnnouncedStream | null;
  readonly audio: AnnouncedStream | null;
}

/**
 * What a frame of an input is:
 *
 *   KEY        a decoder can start with it, and the packet in which it begins says so
 *   ORDINARY   any other
 *   UNFIT      ffmpeg has to look at this input: it has no time, does not begin where its packets say, or a decoder could start with it
 *              and nobody says so, or the other way round
 */
export type FrameKind = "KEY" | "ORDINARY" | "UNFIT";

/** The chosen streams, where their codecs are those whose frames can be told apart here, as nearly all inputs' are; else null. Pure. */
export function plainStreams(streams: readonly AnnouncedStream[], { video, audio }: ChosenStreams): PlainStreams | null {
  const find = (pid: number | null): AnnouncedStream | null => streams.find((stream) => stream.pid === pid) ?? null;
  const found: PlainStreams = { video: find(video), audio: find(audio) };
  const isPlain = (found.video === null || found.video.streamType in PARAMETER_UNITS) && (found.audio?.streamType ?? AAC) === AAC;
  return isPlain ? found : null;
}

/** What the frame is whose packets these are. Pure. */
export function judgeFrame(packets: Buffer, { type, streamType }: AnnouncedStream): FrameKind {
  const header = frameHeader(packets, 0);
  if (header === null || readClock(packets, 0) === null) return "UNFIT";
  if (type === "AUDIO") return "ORDINARY";
  const begin = pictureBegin(packets, header);
  if (!/^0000(00)?01/.test(begin.toString("hex", 0, 4))) return "UNFIT";
  const canBeBegunWith = holdsParameters(begin, PARAMETER_UNITS[streamType]);
  if (canBeBegunWith !== isRandomAccess(packets, 0)) return "UNFIT";
  return canBeBegunWith ? "KEY" : "ORDINARY";
}

/** The bytes behind the header, of the packets that are searched. */
function pictureBegin(packets: Buffer, header: number): Buffer {
  const pieces: Buffer[] = [];
  const end = Math.min(packets.length, SEARCHED_PACKETS * PACKET_BYTES);
  for (let at = 0; at + PACKET_BYTES <= end; at += PACKET_BYTES) {
    const payload = at === 0 ? header + 9 + (packets[header + 8] ?? 0) : payloadStart(packets, at);
    if (payload !== null) pieces.push(packets.subarray(payload, at + PACKET_BYTES));
  }
  return Buffer.concat(pieces);
}

function holdsParameters(bytes: Buffer, isParameter: ((byte: number) => boolean) | undefined): boolean {
  for (let at = bytes.indexOf(START_CODE); at !== -1; at = bytes.indexOf(START_CODE, at + 3)) {
    const byte = bytes[at + 3];
    if (byte !== undefined && isParameter?.(byte) === true) return true;
  }
  return false;
}
