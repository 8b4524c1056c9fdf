import { RemapType } from "../sessions/session.rules.ts";
import { sectionChecksum } from "./section-checksum.ts";
import { PACKET_BYTES, packetIdentifier, payloadStart } from "./transport-stream.ts";

/** One elementary stream as the tables of a transport stream announce it. */
export interface AnnouncedStream {
  readonly pid: number;
  /** The number of its kind, as of ISO 13818-1. */
  readonly streamType: number;
  readonly type: RemapType;
  /** As it stands there, mostly three letters, in lower case; null when nothing is said. */
  readonly language: string | null;
}

const PAT_PID = 0;
const PAT_TABLE = 0x00;
const PMT_TABLE = 0x02;
const SECTION_LIMIT_BYTES = 4_096;
const CHECKSUM_BYTES = 4;

const VIDEO_TYPES: ReadonlySet<number> = new Set([0x01, 0x02, 0x10, 0x1b, 0x20, 0x24, 0x33, 0x42, 0xd1, 0xd2, 0xea]);
const AUDIO_TYPES: ReadonlySet<number> = new Set([0x03, 0x04, 0x0f, 0x11, 0x1c, 0x81, 0x83, 0x87]);
const PRIVATE_TYPE = 0x06;
/** Descriptors that tell what a private stream is: AC-3, E-AC-3, DTS, AAC; teletext, DVB subtitles. */
const AUDIO_DESCRIPTORS: readonly number[] = [0x6a, 0x7a, 0x7b, 0x7c];
const SUBTITLE_DESCRIPTORS: readonly number[] = [0x56, 0x59];
const REGISTRATION_DESCRIPTOR = 0x05;
const LANGUAGE_DESCRIPTORS: readonly number[] = [0x0a, 0x56, 0x59];
const TYPE_BY_REGISTRATION: Readonly<Record<string, RemapType>> = {
  HEVC: RemapType.VIDEO,
  AV01: RemapType.VIDEO,
  Opus: RemapType.AUDIO,
  "AC-3": RemapType.AUDIO,
  EAC3: RemapType.AUDIO,
};

/** Gathers the sections of one PID, which may be spread over packets. */
class SectionGatherer {
  #bytes: Buffer | null = null;

  /** The section that this packet completes, or null. */
  push(payload: Buffer, startsUnit: boolean): Buffer | null {
    if (!startsUnit) {
      if (!this.#bytes) return null;
      this.#bytes = Buffer.concat([this.#bytes, payload]);
      return this.#whole();
    }
    const pointer = payload[0] ?? 0;
    const before = this.#bytes ? Buffer.concat([this.#bytes, payload.subarray(1, 1 + pointer)]) : null;
    this.#bytes = before;
    const ended = before && this.#whole();
    this.#bytes = payload.subarray(1 + pointer);
    return ended ?? this.#whole();
  }

  #whole(): Buffer | null {
    const bytes = this.#bytes;
    if (!bytes || bytes.length < 3) return null;
    const length = 3 + (bytes.readUInt16BE(1) & 0x0fff);
    if (length > SECTION_LIMIT_BYTES) this.#bytes = null;
    if (length > SECTION_LIMIT_BYTES || bytes.length < length) return null;
    this.#bytes = null;
    return bytes.subarray(0, length);
  }
}

/** Reads the tables of a transport stream. Those that are not in force yet are none, and those that are damaged unless they come twice. */
export class ProgramTables {
  readonly #pat = new SectionGatherer();
  readonly #pmt = new SectionGatherer();
  /** By their kind, tables whose checksum is wrong, as that of all is of some senders; no damage comes twice. */
  readonly #doubted = new Map<number | undefined, Buffer>();
  #pmtPid: number | null = null;
  /** Several programs may have their tables under one PID: the first that is seen there is the one. */
  #program: number | null = null;
  #streams: readonly AnnouncedStream[] | null = null;

  /** Of the first program, in the order of its newest table; null until one was seen. */
  get streams(): readonly AnnouncedStream[] | null {
    return this.#streams;
  }

  /** Looks at whole packets. */
  scan(packets: Buffer): void {
    for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) {
      const pid = packetIdentifier(packets, at);
      if (pid !== PAT_PID && pid !== this.#pmtPid) continue;
      const payload = payloadStart(packets, at);
      if (payload === null) continue;
      const startsUnit = ((packets[at + 1] ?? 0) & 0x40) !== 0;
      const section = (pid === PAT_PID ? this.#pat : this.#pmt).push(packets.subarray(payload, at + PACKET_BYTES), startsUnit);
      if (!section || !isInForce(section) || !this.#isBelieved(section)) continue;
      if (pid === PAT_PID) this.#notePrograms(section);
      else this.#noteProgram(section);
    }
  }

  #isBelieved(section: Buffer): boolean {
    const [kind] = section;
    if (sectionChecksum(section) === 0 || this.#doubted.get(kind)?.equals(section)) return true;
    this.#doubted.set(kind, Buffer.from(section));
    return false;
  }

  #notePrograms(section: Buffer): void {
    const pid = firstProgram(section) ?? this.#pmtPid;
    if (pid !== this.#pmtPid) this.#program = null;
    this.#pmtPid = pid;
  }

  #noteProgram(section: Buffer): void {
    const streams = readStreams(section);
    if (streams === null) return;
    const program = section.readUInt16BE(3);
    this.#program ??= program;
    if (program === this.#program) this.#streams = streams;
  }
}

/** No announcement of what will be, and the first part of a table: of the programs of all parts, the first one is wanted. */
function isInForce(section: Buffer): boolean {
  return ((section[5] ?? 0) & 1) === 1 && section[6] === 0;
}

function firstProgram(section: Buffer): number | null {
  if (section[0] !== PAT_TABLE) return null;
  for (let entry = 8; entry + 4 <= section.length - CHECKSUM_BYTES; entry += 4) {
    const isProgram = section.readUInt16BE(entry) !== 0;
    if (isProgram) return section.readUInt16BE(entry + 2) & 0x1fff;
  }
  return null;
}

/** Null for another table than that of a program. */
export function readStreams(section: Buffer): readonly AnnouncedStream[] | null {
  if (section[0] !== PMT_TABLE || section.length < 16) return null;
  const streams: AnnouncedStream[] = [];
  const end = section.length - CHECKSUM_BYTES;
  for (let entry = 12 + (section.readUInt16BE(10) & 0x0fff); entry + 5 <= end;) {
    const length = section.readUInt16BE(entry + 3) & 0x0fff;
    const descriptors = readDescriptors(section.subarray(entry + 5, Math.min(entry + 5 + length, end)));
    const streamType = section[entry] ?? 0;
    streams.push({
      pid: section.readUInt16BE(entry + 1) & 0x1fff,
      streamType,
      type: typeOf(streamType, descriptors),
      language: languageOf(descriptors),
    });
    entry += 5 + length;
  }
  return streams;
}

interface Descriptor {
  readonly tag: number;
  readonly bytes: Buffer;
}

function readDescriptors(bytes: Buffer): readonly Descriptor[] {
  const descriptors: Descriptor[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes[at + 1] ?? 0;
    descriptors.push({ tag: bytes[at] ?? 0, bytes: bytes.subarray(at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return descriptors;
}

function typeOf(streamType: number, descriptors: readonly Descriptor[]): RemapType {
  if (VIDEO_TYPES.has(streamType)) return RemapType.VIDEO;
  if (AUDIO_TYPES.has(streamType)) return RemapType.AUDIO;
  if (streamType !== PRIVATE_TYPE) return RemapType.DATA;
  if (descriptors.some(({ tag }) => AUDIO_DESCRIPTORS.includes(tag))) return RemapType.AUDIO;
  if (descriptors.some(({ tag }) => SUBTITLE_DESCRIPTORS.includes(tag))) return RemapType.SUBTITLE;
  const registration = descriptors.find(({ tag }) => tag === REGISTRATION_DESCRIPTOR)?.bytes.toString("latin1", 0, 4) ?? "";
  return TYPE_BY_REGISTRATION[registration] ?? RemapType.DATA;
}

function languageOf(descriptors: readonly Descriptor[]): string | null {
  const found = descriptors.find(({ tag, bytes }) => LANGUAGE_DESCRIPTORS.includes(tag) && bytes.length >= 3);
  const text = found?.bytes.toString("latin1", 0, 3).toLowerCase() ?? "";
  return /^[a-z]{3}$/.test(text) && text !== "und" ? text : null;
}
