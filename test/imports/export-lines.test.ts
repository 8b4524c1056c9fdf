import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { createSessionJudge } from "../../src/imports/csv.comment.ts";
import { createSessionWriter, writeExportHead } from "../../src/imports/csv.export.ts";
import { csvFacts, type CsvFacts } from "../../src/imports/csv.rules.ts";
import { CSV_COLUMNS } from "../../src/imports/csv.columns.ts";
import { createLineWriter } from "../../src/imports/csv.line.ts";
import { writeRecords } from "../../src/imports/csv.write.ts";
import { CSV_ROW_LIMIT } from "../../src/imports/csv.read.ts";
import { selectCsvFacts, selectCsvLines } from "../../src/imports/csv.session.store.ts";
import type { CsvSession } from "../../src/imports/csv.session.ts";
import { readStoredLines } from "../../src/sessions/stored-session.ts";
import { exportSessionsCsv, streamSessionsCsv } from "../../src/imports/export-sessions-csv.ts";
import { validatePlayback } from "../../src/playbacks/playback.validation.ts";
import { createSessions } from "../../src/sessions/create-sessions.ts";
import { SECRET_MASK } from "../../src/sessions/secret.rules.ts";
import { createSessionsInput } from "../../src/sessions/session.input.ts";
import { validateSource } from "../../src/sessions/session.validation.ts";
import { packageVersion } from "../../src/shared/package.ts";
import { nameKey } from "../../src/shared/name.ts";
import { updateTemplateInput } from "../../src/templates/template.input.ts";
import { updateTemplate } from "../../src/templates/update-template.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { randomName, randomPlayback, randomSession } from "./random-session.ts";

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const PRIVATE = { allowedNetworks: ["10.0.0.0/8"] };
const ONE_URL = { MEDIAPACKAGE_V2: "https://10.0.0.4/in", WHIP: "https://to.example/whip" };

/** Sessions that the format cannot say, and URLs whose addresses may be refused once the policy changes. */
const source = fc.oneof(
  randomSession.map((session) => session.source),
  fc.constantFrom<Record<string, unknown>>(
    { type: "RTMP_PULL", urlA: "rtmp://from.example/live/x" },
    { type: "CAPTURE_CARD" },
    { type: "RTP_PULL", urlA: "rtp://10.1.1.1:5004" },
    { type: "HLS_PULL", urlA: "http://10.0.0.1/live.m3u8?token=abcdefgh" },
    { type: "HLS_PULL", urlA: "http://10.0.0.1/other.m3u8" },
    { type: "SRT_PULL", urlA: "srt://10.0.0.2:9000?passphrase=hunter2hunter2" },
  ),
);
const playback = fc.oneof(
  { weight: 4, arbitrary: randomPlayback },
  {
    weight: 1,
    arbitrary: fc
      .record({ name: randomName, type: fc.constantFrom("MEDIAPACKAGE_V2" as const, "WHIP" as const, "CAPTURE_CARD" as const) })
      .map((given) => ({ ...given, template: "1", urls: given.type === "CAPTURE_CARD" ? [] : [ONE_URL[given.type]] })),
  },
  {
    weight: 1,
    arbitrary: randomName.map((name) => ({ name, type: "SRT_PUSH", template: "1", urls: ["srt://10.0.0.3:9000"] })),
  },
);
const session = fc
  .record({
    session: randomSession,
    source,
    isRemapped: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    playbacks: fc.oneof(
      { weight: 5, arbitrary: playback.map((only) => [only]) },
      {
        weight: 1,
        arbitrary: fc.uniqueArray(playback, { maxLength: 3, selector: ({ name }) => nameKey(name), comparator: "IsStrictlyEqual" }),
      },
    ),
  })
  .map(({ session: { name, description, slatesEnabled }, ...given }) => ({
    name,
    description,
    slatesEnabled,
    source: given.source,
    playbacks: given.playbacks.filter(({ type }, index) => type !== "FILE" || index === 0),
    streamRemap:
      given.isRemapped && given.source.type === "MULTICAST_PULL"
        ? [{ priority: 1, type: "VIDEO", language: "any", mode: "PASSTHROUGH" }]
        : [],
  }));
const sessions = fc.uniqueArray(session, { minLength: 1, maxLength: 60, selector: ({ name }) => nameKey(name) });

/** Rows of a template with a plain name are mostly written as they are, the others never. */
const templateNames = fc.constantFrom(["One", "Three"], ['=One, "and"; only', "-3"], ["One,", "Three "]);

type Given = typeof session extends fc.Arbitrary<infer T> ? T : never;

async function create(context: Context, given: readonly Given[], [one = "", three = ""]: readonly string[]): Promise<readonly string[]> {
  const templateIds: Record<string, string> = {
    "1": await insertTemplate(context, one),
    "3": await insertTemplate(context, three, ["high", "mid", "low"]),
  };
  const candidates = given.map(({ playbacks, ...item }) => ({
    ...item,
    playbacks: playbacks.map(({ template, ...rest }) => ({ ...rest, templateId: templateIds[template] })),
  }));
  await createSessions(
    { ...context, network: PRIVATE },
    { sessions: createSessionsInput.shape.sessions.element.array().parse(candidates), dryRun: false },
  );
  return Object.values(templateIds);
}

const ENCODED = { width: 1280, height: 720, videoBitrateKbps: 3000, frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 128 };

/** Ladders of the first template after which some of its outputs no longer fit. */
const LADDERS = {
  asItWas: null,
  longer: [
    { name: "source", isPassthrough: true },
    { name: "again", isPassthrough: true },
  ],
  forFew: [{ name: "source", isPassthrough: false, videoCodec: "AV1", ...ENCODED }],
  forSome: [{ name: "source", isPassthrough: false, videoCodec: "H265", ...ENCODED }],
};

async function storedSessions(context: Context): Promise<readonly CsvSession[]> {
  const selection = { organizationId: context.actor.organizationId, filter: {}, withSecrets: false };
  const { lines } = await selectCsvLines(context.database.executor, selection, { atMost: CSV_ROW_LIMIT });
  return readStoredLines(lines, null).map((stored) => stored.session);
}

async function streamed(context: Context): Promise<string> {
  let text = "";
  for await (const part of streamSessionsCsv(context, { selection: null, includeSecrets: false })) text += part;
  return text;
}

/** What the rules of sessions themselves say, asked anew for each session. */
function refusalOf({ source: input, playbacks }: CsvSession, facts: CsvFacts): string | null {
  const whole = (url: string | null) => url?.replaceAll(SECRET_MASK, "left-out-secret") ?? null;
  const inputErrors = validateSource({ ...input, urlA: whole(input.urlA), urlB: whole(input.urlB) }, facts.network).errors ?? [];
  const outputErrors = playbacks.flatMap(
    (each) => validatePlayback({ ...each, urls: each.urls.map((url) => whole(url) ?? "") }, facts).errors ?? [],
  );
  return [...inputErrors, ...outputErrors][0]?.message ?? null;
}

const UNSUPPORTED = /^the (?:session|input type|output type) /;

describe("an export without secrets", () => {
  it("is written by PostgreSQL as it is written here, to the byte, with the reasons that the rules of sessions give", async () => {
    const refusals = new Set<string>();
    const ladders = fc.constantFrom(...Object.values(LADDERS));
    const property = fc.asyncProperty(
      sessions,
      templateNames,
      ladders,
      fc.boolean(),
      async (given, names, renditions, isPrivateAllowed) => {
        const context = { ...(await createTestContext(test.database)), ...(isPrivateAllowed && { network: PRIVATE }) };
        const [id] = await create(context, given, names);
        if (renditions) await updateTemplate(context, updateTemplateInput.parse({ id, renditions }));
        const stored = await storedSessions(context);
        const options = { facts: await selectCsvFacts(context), includeSecrets: false };
        const here = createSessionWriter(options)(stored);
        const there = await exportSessionsCsv(context, { selection: null, includeSecrets: false });
        expect(there.csv).toBe(writeExportHead(`Headend ${packageVersion()}`) + here.csv);
        expect([there.rowCount, there.commentedRowCount]).toEqual([given.length, here.commentedRowCount]);
        expect(await streamed(context)).toBe(there.csv);

        const reasonOf = createSessionJudge({ ...options, includeSecrets: true });
        for (const each of stored) {
          const reason = reasonOf(each);
          if (reason !== null && UNSUPPORTED.test(reason)) continue;
          expect(reason).toBe(refusalOf(each, options.facts));
          if (reason !== null) refusals.add(reason);
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
    expect(refusals.size).toBeGreaterThan(3);
  });
});

describe("a line of PostgreSQL's", () => {
  const texts = [
    "=1",
    "'=1",
    "-1",
    "-",
    "+a",
    "@",
    "'",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    " ",
    "\u00a0",
    "\ufeff",
    "\u2028",
    "\x1f",
    "\x1e",
    "\\",
    "\\c",
    "•",
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...texts, "a", "b c", ""), { maxLength: 4 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  const template = { id: "t", name: "One", nameKey: "one", isDefault: false, version: 1, renditions: [] };
  const facts = csvFacts(
    { templates: new Map([["t", template]]), defaultTemplateId: null, defaultRegion: "local", network: { allowedNetworks: [] } },
    "local",
  );
  /** As `withInnerCommas` and `escaped` of the store. */
  const asLine = (cell: string) =>
    cell.replace(/[\\\x1f]/g, (found) => ({ "\\": "\\\\", "\x1f": "\\c" })[found] ?? "").replaceAll(",", "\x1f");

  it("is written as its cells are", () => {
    const width = CSV_COLUMNS.length - 2;
    fc.assert(
      fc.property(fc.array(text, { minLength: width, maxLength: width }), fc.boolean(), (cells, isMostlyPlain) => {
        const [name = "", ...rest] = cells.map((cell, index) => (isMostlyPlain && index % 7 !== 0 ? "plain" : cell));
        const line = ["RTMP_PUSH 0 0 HTTP 0 t", "session_1", ...[name, ...rest].map(asLine)].join(",");
        const file = createLineWriter({ facts, includeSecrets: true })();
        file.add(line);
        expect(file.end().csv).toBe(writeRecords([["", name, "rtmp_push", "http", ...rest]]));
      }),
      { numRuns: 2_000 },
    );
  });
});
