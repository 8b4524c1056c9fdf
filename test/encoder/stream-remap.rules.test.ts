import { describe, expect, it } from "vitest";
import { ProgramTables, readStreams, type AnnouncedStream } from "../../src/encoder/program-tables.rules.ts";
import { sectionChecksum } from "../../src/encoder/section-checksum.ts";
import { applyRules, chooseStreams } from "../../src/encoder/stream-remap.rules.ts";
import type { RemapRule } from "../../src/sessions/session.rules.ts";

const streams: readonly AnnouncedStream[] = [
  { pid: 100, streamType: 0x1b, type: "VIDEO", language: null },
  { pid: 101, streamType: 0x1b, type: "VIDEO", language: "deu" },
  { pid: 200, streamType: 0x0f, type: "AUDIO", language: "eng" },
  { pid: 201, streamType: 0x0f, type: "AUDIO", language: "ger" },
  { pid: 202, streamType: 0x0f, type: "AUDIO", language: null },
  { pid: 300, streamType: 0x06, type: "SUBTITLE", language: "eng" },
  { pid: 400, streamType: 0x86, type: "DATA", language: null },
];

/** Such as `REMAP AUDIO deu`, their priorities in order. */
const rulesOf = (...texts: readonly string[]): readonly RemapRule[] =>
  texts.map((text, priority) => {
    const [mode, type, language] = text.split(" ");
    return { priority, mode, type, language } as RemapRule;
  });

describe("stream remap", () => {
  it.each<[string, readonly string[], readonly number[], { video: number | null; audio: number | null }]>([
    ["takes the first of each without rules", [], [], { video: 100, audio: 200 }],
    [
      "passes all through in the order of the input",
      ["PASSTHROUGH AUDIO any", "PASSTHROUGH VIDEO any"],
      [100, 101, 200, 201, 202],
      { video: 100, audio: 200 },
    ],
    ["leaves out what no rule names", ["PASSTHROUGH VIDEO any"], [100, 101], { video: 100, audio: null }],
    [
      "puts a remapped language in front",
      ["PASSTHROUGH VIDEO any", "REMAP AUDIO deu", "PASSTHROUGH AUDIO any"],
      [201, 100, 101, 200, 202],
      { video: 100, audio: 201 },
    ],
    [
      "orders several remapped ones by their rules",
      ["REMAP AUDIO de", "REMAP AUDIO en", "REMAP VIDEO any"],
      [201, 200, 100, 101],
      { video: 100, audio: 201 },
    ],
    [
      "drops what the first fitting rule drops",
      ["DROP AUDIO eng", "PASSTHROUGH AUDIO any", "PASSTHROUGH VIDEO any"],
      [100, 101, 201, 202],
      { video: 100, audio: 201 },
    ],
    [
      "does not drop what an earlier rule let through",
      ["PASSTHROUGH AUDIO any", "DROP AUDIO eng", "PASSTHROUGH VIDEO any"],
      [100, 101, 200, 201, 202],
      { video: 100, audio: 200 },
    ],
    [
      "chooses the video PID by its language",
      ["REMAP VIDEO deu", "PASSTHROUGH AUDIO any"],
      [101, 200, 201, 202],
      { video: 101, audio: 200 },
    ],
    ["knows both names of a language", ["PASSTHROUGH VIDEO any", "REMAP AUDIO ger"], [201, 100, 101], { video: 100, audio: 201 }],
    ["finds nothing in a language that is not there", ["PASSTHROUGH VIDEO fra", "PASSTHROUGH AUDIO fra"], [], { video: null, audio: null }],
    [
      "lets subtitles and data be",
      ["PASSTHROUGH VIDEO any", "REMAP SUBTITLE any", "REMAP DATA any"],
      [300, 400, 100, 101],
      { video: 100, audio: null },
    ],
  ])("%s", (_, texts, order, chosen) => {
    const rules = rulesOf(...texts);
    if (rules.length > 0) expect(applyRules(streams, rules).map(({ pid }) => pid)).toEqual(order);
    expect(chooseStreams(streams, rules.toReversed())).toEqual(chosen);
  });
});

/** A table of a program with these streams: type, PID, descriptors. */
function programTable(entries: readonly [number, number, readonly number[]][]): Buffer {
  const body = entries.flatMap(([type, pid, descriptors]) => [
    type,
    0xe0 | (pid >> 8),
    pid & 255,
    0xf0,
    descriptors.length,
    ...descriptors,
  ]);
  const length = 9 + body.length + 4;
  return withChecksum([2, 0xb0 | (length >> 8), length & 255, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, ...body]);
}

function withChecksum(bytes: readonly number[]): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(sectionChecksum(Buffer.from(bytes)));
  return Buffer.concat([Buffer.from(bytes), checksum]);
}

const language = (text: string): number[] => [0x0a, 4, ...Buffer.from(text), 0];

/** Packets of one PID that carry a section. */
function packetsOf(pid: number, section: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from([0]), section]);
  const count = Math.ceil(bytes.length / 184);
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const header = Buffer.from([0x47, (index === 0 ? 0x40 : 0) | (pid >> 8), pid & 255, 0x10 | index]);
      const payload = Buffer.alloc(184, 0xff);
      bytes.copy(payload, 0, index * 184);
      return Buffer.concat([header, payload]);
    }),
  );
}

describe("the tables of a transport stream", () => {
  it("tell the kind and the language of each stream", () => {
    const table = programTable([
      [0x1b, 256, []],
      [0x0f, 257, language("DEU")],
      [0x06, 258, [0x6a, 1, 0, ...language("eng")]],
      [0x06, 259, [0x05, 4, ...Buffer.from("Opus")]],
      [0x06, 260, [0x05, 4, ...Buffer.from("HEVC")]],
      [0x06, 261, [0x59, 8, ...Buffer.from("fra"), 16, 0, 1, 0, 1]],
      [0x86, 262, []],
      [0x81, 263, language("und")],
    ]);
    expect(readStreams(table)?.map(({ pid, type, language: text }) => [pid, type, text])).toEqual([
      [256, "VIDEO", null],
      [257, "AUDIO", "deu"],
      [258, "AUDIO", "eng"],
      [259, "AUDIO", null],
      [260, "VIDEO", null],
      [261, "SUBTITLE", "fra"],
      [262, "DATA", null],
      [263, "AUDIO", null],
    ]);
  });

  it("are found when they are spread over packets, of the first program", () => {
    const table = programTable(Array.from({ length: 60 }, (_, index) => [0x0f, 500 + index, language("eng")]));
    const programs = withChecksum([0, 0xb0, 21, 0, 1, 0xc1, 0, 0, 0, 0, 0xe0, 16, 0, 1, 0xe1, 0, 0, 2, 0xe2, 0]);
    const tables = new ProgramTables();
    tables.scan(packetsOf(256, table).subarray(188));
    expect(tables.streams).toBeNull();
    const all = Buffer.concat([packetsOf(0, programs), packetsOf(512, programTable([[0x1b, 9, []]])), packetsOf(256, table)]);
    for (let at = 0; at < all.length; at += 188) tables.scan(all.subarray(at, at + 188));
    expect(tables.streams?.length).toBe(60);
  });

  describe("count", () => {
    const programs = withChecksum([0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0]);
    const before = programTable([[0x1b, 9, []]]);
    const after = [[0x0f, 8, []]] as const satisfies readonly [number, number, readonly number[]][];
    /** The table of `after` with something else in one of its bytes, its checksum right or not. */
    const changed = (at: number, value: number, isRight = true): Buffer => {
      const table = Buffer.from(programTable([...after]));
      table[at] = value;
      return isRight ? withChecksum([...table.subarray(0, -4)]) : table;
    };

    it.each<[string, readonly Buffer[], number]>([
      ["where they are newer", [programTable([...after])], 8],
      ["not where they are damaged", [changed(13, 0xff, false)], 9],
      [
        "where they are wrong in the same way twice, as a sender's may be that cannot tell",
        [changed(5, 0xc3, false), changed(5, 0xc3, false)],
        8,
      ],
      ["not where they are damaged twice, each time in another way", [changed(13, 0xff, false), changed(13, 0xfe, false)], 9],
      ["not before they are in force", [changed(5, 0xc0)], 9],
      ["not where they are of another program", [changed(4, 2)], 9],
      ["not where they are the second part of a table", [changed(6, 1)], 9],
    ])("%s", (_, tables, pid) => {
      const read = new ProgramTables();
      for (const table of [before, ...tables]) read.scan(Buffer.concat([packetsOf(0, programs), packetsOf(256, table)]));
      expect(read.streams?.map((stream) => stream.pid)).toEqual([pid]);
    });
  });
});
