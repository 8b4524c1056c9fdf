import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFrontDoor, type FrontDoor, type TestOrganization } from "../support/front-door.ts";

let door: FrontDoor;
let organization: TestOrganization;
let templateId: string;

beforeAll(async () => {
  door = await openFrontDoor();
});

afterAll(() => door.close());

beforeEach(async () => {
  organization = await door.organization();
  const { data } = await organization.ask<{ createTemplate: { template: { id: string } } }>(
    `mutation { createTemplate(input: { name: "Ladder", renditions: [{ name: "360p", videoCodec: H264, width: 640, height: 360, videoBitrateKbps: 800, frameRate: 25, audioCodec: AAC, audioBitrateKbps: 96 }] }) { template { id } } }`,
  );
  templateId = data.createTemplate.template.id;
});

interface EventAnswer {
  readonly event: (Record<string, unknown> & { readonly id: string; readonly status: string; readonly version: number }) | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

const EVENT = `event { id title status version limitations goLiveCheck { allowed confirmationRequired limitations blockers { code } }
  actions { id startTest { allowed } stopTest { allowed } goLive { allowed blockers { code } } stop { allowed } edit { allowed } }
  languages { id code label activeIngest hlsUrl session { id name status desiredStatus event { id } } primary { id role state endpoints { protocol } } backup { id role state } } }
  userErrors { code path message }`;

async function mutate(field: string, input: object, ask = organization.ask): Promise<EventAnswer> {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`.replace(/^(Start|Stop)EventTestInput$/, "EventActionInput");
  const { data, errors } = await ask<Record<string, EventAnswer>>(`mutation ($input: ${type}!) { ${field}(input: $input) { ${EVENT} } }`, {
    input,
  });
  expect(errors).toBeUndefined();
  return data[field]!;
}

const create = async (input: object = {}) => {
  const answer = await mutate("createEvent", { title: "Town hall", languages: [{ code: "de", label: "Deutsch", templateId }], ...input });
  expect(answer.userErrors).toEqual([]);
  return answer.event as NonNullable<EventAnswer["event"]> & {
    languages: { id: string; session: { id: string; status: string } }[];
  };
};

/** As the encoder that holds the session would tell it, and of a moment that stays fresh. */
async function signal(sessionId: string, paths: { A: boolean; B?: boolean }): Promise<void> {
  const sample = (isConnected: boolean) =>
    JSON.stringify({ isConnected, lastSeenAt: isConnected ? new Date().toISOString() : null, errorPercent: null, bitrateKbps: 900 });
  await door.database.executor.execute(sql`
    with holder as (update sessions set encoder_id = 'encoder_test' where id = ${sessionId})
    insert into session_telemetry (session_id, encoder_id, at, path_a, path_b, generation)
    select id, 'encoder_test', now() + interval '1 minute', ${sample(paths.A)}::text::jsonb, ${sample(paths.B ?? false)}::text::jsonb, generation
    from sessions where id = ${sessionId}
    on conflict (session_id) do update set
      at = excluded.at, path_a = excluded.path_a, path_b = excluded.path_b, generation = excluded.generation`);
}

describe("an event", () => {
  it("is made with a session for each language, which is wanted from then on", async () => {
    const event = await create({
      languages: [
        { code: "DE", label: "Deutsch", templateId },
        { code: "pt-br", label: "Português", templateId, backupEnabled: true },
      ],
    });
    expect(event).toMatchObject({
      status: "SCHEDULED",
      version: 1,
      limitations: [],
      languages: [
        {
          code: "de",
          session: { desiredStatus: "RUNNING", status: "STARTING", event: { id: event.id } },
          backup: { state: "NOT_CONFIGURED" },
        },
        { code: "pt-BR", primary: { role: "PRIMARY", state: "WAITING" }, backup: { role: "BACKUP", state: "WAITING" } },
      ],
    });
  });

  it("keeps its sessions to itself", async () => {
    const [language] = (await create()).languages;
    const { data } = await organization.ask<Record<string, { results: { outcome: string; error: { code: string } }[] }>>(
      `mutation ($ids: [ID!]!) {
        startSessions(input: { selection: { ids: $ids } }) { results { outcome error { code } } }
        stopSessions(input: { selection: { ids: $ids } }) { results { outcome error { code } } }
        restartSessions(input: { selection: { ids: $ids } }) { results { outcome error { code } } }
        deleteSessions(input: { selection: { ids: $ids } }) { results { outcome error { code } } }
        switchSessionInputs(input: { selection: { ids: $ids }, toPath: B }) { results { outcome error { code } } }
        showSlates(input: { selection: { ids: $ids } }) { results { outcome error { code } } }
      }`,
      { ids: [language!.session.id] },
    );
    for (const { results } of Object.values(data)) expect(results).toEqual([{ outcome: "FAILED", error: { code: "USED_BY_EVENT" } }]);
    const edited = await organization.ask<{ updateSession: EventAnswer }>(
      `mutation ($id: ID!) { updateSession(input: { id: $id, name: "Mine" }) { userErrors { code path message } } }`,
      { id: language!.session.id },
    );
    expect(edited.data.updateSession.userErrors.map(({ code }) => code)).toEqual(["USED_BY_EVENT"]);
  });

  it("is tested, goes live and ends for good", async () => {
    const event = await create();
    await signal(event.languages[0]!.session.id, { A: true });
    const { id } = event;
    expect((await mutate("startEventTest", { id })).event).toMatchObject({ status: "TESTING", goLiveCheck: { allowed: true } });
    expect((await mutate("stopEventTest", { id })).event?.status).toBe("SCHEDULED");
    await mutate("startEventTest", { id });
    expect((await mutate("goLive", { id })).event).toMatchObject({
      status: "LIVE",
      limitations: [],
      languages: [{ activeIngest: "PRIMARY" }],
    });
    const runs = await organization.ask<{ session: { runs: { nodes: { endedAt: string | null }[] } } }>(
      `query ($id: ID!) { session(id: $id) { runs { nodes { endedAt } } } }`,
      { id: event.languages[0]!.session.id },
    );
    expect(runs.data.session.runs.nodes).toEqual([{ endedAt: null }]);
    expect((await mutate("stopEvent", { id, confirm: false })).userErrors.map(({ code }) => code)).toEqual(["CONFIRMATION_REQUIRED"]);
    expect((await mutate("stopEvent", { id, confirm: true })).event?.status).toBe("ENDED");
    expect((await mutate("goLive", { id })).userErrors.map(({ code }) => code)).toEqual(["EVENT_ENDED"]);
  });

  it("goes live with its backup alone only when that is confirmed, and then says what it goes without", async () => {
    const event = await create({ languages: [{ code: "de", label: "Deutsch", templateId, backupEnabled: true }] });
    const { id } = event;
    expect((await mutate("goLive", { id })).userErrors.map(({ code }) => code)).toEqual(["NO_INGEST"]);
    await signal(event.languages[0]!.session.id, { A: false, B: true });
    const refused = await mutate("goLive", { id });
    expect(refused.userErrors).toMatchObject([{ code: "CONFIRMATION_REQUIRED", path: ["input", "confirmBackupOnly"] }]);
    const live = await mutate("goLive", { id, confirmBackupOnly: true });
    expect(live.event).toMatchObject({
      status: "LIVE",
      limitations: ["RECORDING_MAY_BE_MISSING", "NO_AUTO_FAILOVER", "ON_DEMAND_MAY_FAIL", "NO_SUBTITLE_DOWNLOAD"],
    });
    const configured = await mutate("configureBackupIngest", { id, languageCode: "de", enabled: false });
    expect(configured.userErrors.map(({ code }) => code)).toEqual(["BACKUP_LOCKED"]);
  });

  it("is edited at any time, and its languages before it is live", async () => {
    const { id } = await create();
    expect((await mutate("updateEvent", { id, expectedVersion: 7, title: "Other" })).userErrors.map(({ code }) => code)).toEqual([
      "VERSION_CONFLICT",
    ]);
    expect((await mutate("updateEvent", { id, title: "Other" })).event).toMatchObject({ title: "Other", version: 2 });
    expect((await mutate("updateEvent", { id, title: "Other" })).event).toMatchObject({ version: 2 });
    expect((await mutate("updateEvent", { id, access: "ACCESS_CODE" })).userErrors.map(({ code }) => code)).toEqual(["REQUIRED"]);
    const added = await mutate("addEventLanguage", { id, language: { code: "fr", label: "Français", templateId } });
    expect(added.event).toMatchObject({ version: 3, languages: [{ code: "de" }, { code: "fr" }] });
    expect(
      (await mutate("addEventLanguage", { id, language: { code: "FR", label: "F", templateId } })).userErrors.map(({ code }) => code),
    ).toEqual(["DUPLICATE_NAME"]);
    expect((await mutate("removeEventLanguages", { id, codes: ["de", "fr"] })).userErrors.map(({ code }) => code)).toEqual([
      "INVALID_VALUE",
    ]);
    expect((await mutate("removeEventLanguages", { id, codes: ["de"] })).event).toMatchObject({ languages: [{ code: "fr" }] });
    expect((await mutate("configureBackupIngest", { id, languageCode: "fr", enabled: true })).event).toMatchObject({
      languages: [{ code: "fr", backup: { state: "WAITING" } }],
    });
  });

  it("wants the right and the package", async () => {
    const { id } = await create();
    const operator = await organization.as("OPERATOR");
    expect((await mutate("updateEvent", { id, title: "Other" }, operator)).userErrors.map(({ code }) => code)).toEqual([
      "ACCESS_LEVEL_REQUIRED",
    ]);
    expect((await mutate("startEventTest", { id }, operator)).userErrors).toEqual([]);
    await door.database.executor.execute(sql`update organizations set packages = '{}' where id = ${organization.id}`);
    expect((await mutate("stopEventTest", { id })).userErrors.map(({ code }) => code)).toEqual(["PACKAGE_REQUIRED"]);
    const stranger = await door.organization();
    expect((await mutate("startEventTest", { id }, stranger.ask)).userErrors.map(({ code }) => code)).toEqual(["NOT_FOUND"]);
  });

  it("gives the addresses and the keys of both signals to an operator, for everything that its encoder listens for", async () => {
    const { id } = await create({ languages: [{ code: "de", label: "Deutsch", templateId, backupEnabled: true }] });
    expect((await ingestsOf(id)).flatMap(({ primary, backup }) => [primary.endpoints, backup.endpoints])).toEqual([[], []]);
    await addEncoder();
    await mutate("addEventLanguage", { id, language: { code: "en", label: "English", templateId } });
    const ingests = await ingestsOf(id);
    expect(ingests.map(({ session }) => session.source)).toEqual(
      Array(2).fill({ type: "RTMP_PUSH", ingestUrl: "rtmp://127.0.0.1:1935/live", srtEncryptionEnabled: true }),
    );
    const signals = ingests.flatMap(({ primary, backup }) => [primary, backup]);
    for (const { endpoints } of signals) {
      expect(endpoints.map(({ protocol, serverUrl, srtPassphrase }) => [protocol, serverUrl, srtPassphrase !== null])).toEqual([
        ["RTMPS", "rtmps://127.0.0.1:1936/live", false],
        ["RTMP", "rtmp://127.0.0.1:1935/live", false],
        ["SRT", "srt://127.0.0.1:9710", true],
      ]);
      const [rtmps, rtmp, srt] = endpoints.map(({ streamKey }) => streamKey.id);
      expect([rtmp === rtmps, srt === rtmp]).toEqual([true, false]);
    }
    const operator = await organization.as("OPERATOR");
    const secrets = signals.flatMap(secretIdsOf);
    const keys = await Promise.all(secrets.map((secretId) => reveal(secretId, operator)));
    expect(keys.length).toBe(12);
    expect(new Set(keys).size).toBe(12);
    for (const key of keys) expect(key).toMatch(/^\w{32}$/);
  });

  it.each([
    [{ srt: "srt://127.0.0.1:9710" }, ["SRT"]],
    [{ rtmp: "rtmp://127.0.0.1:1935/live" }, ["RTMP"]],
    [{}, []],
  ])("lists no more ways to push than the encoder has that holds it: %j", async (addresses, protocols) => {
    const event = await create();
    await addEncoder();
    await addEncoder("encoder_11111111111111111111111111", addresses);
    await door.database.executor.execute(
      sql`update sessions set encoder_id = 'encoder_11111111111111111111111111' where id = ${event.languages[0]!.session.id}`,
    );
    const [language] = await ingestsOf(event.id);
    expect(language!.primary.endpoints.map(({ protocol }) => protocol)).toEqual(protocols);
  });

  it("goes on as it was when it was pushed by SRT alone, and is pushed by RTMP alone until it has passphrases", async () => {
    const languages = ["de", "en"].map((code) => ({ code, label: code, templateId, backupEnabled: true }));
    const event = await create({ languages });
    await addEncoder();
    const operator = await organization.as("OPERATOR");
    const readKeys = async () => {
      const [german] = await ingestsOf(event.id);
      return Promise.all([german!.primary, german!.backup].flatMap(secretIdsOf).map((secretId) => reveal(secretId, operator)));
    };
    // As both were before languages took either.
    const [bySrt, byRtmp] = event.languages.map(({ session }) => session.id);
    await door.database.executor.execute(
      sql`delete from secrets where kind = 'STREAM_KEY' and position > 1 and session_id in (${bySrt}, ${byRtmp})`,
    );
    const before = await readKeys();
    expect(before.length).toBe(4);
    await door.database.executor.execute(sql`update sessions set input_type = 'SRT_PUSH' where id = ${bySrt}`);
    await door.database.executor.execute(sql`delete from secrets where session_id = ${byRtmp} and kind = 'SRT_PASSPHRASE'`);
    await door.database.executor.execute(sql.raw(readFileSync("drizzle/20261129153706_push_events_by_either/migration.sql", "utf8")));
    const [german, english] = await ingestsOf(event.id);
    const protocolsOf = ({ primary, backup }: IngestsOfLanguage) =>
      [primary, backup].map(({ endpoints }) => endpoints.map(({ protocol }) => protocol));
    expect(german!.session.source.type).toBe("RTMP_PUSH");
    expect(protocolsOf(german!)).toEqual(Array(2).fill(["RTMPS", "RTMP", "SRT"]));
    expect(await readKeys()).toEqual(before);
    expect(protocolsOf(english!)).toEqual(Array(2).fill(["RTMPS", "RTMP"]));
    await mutate("rotateIngestKeys", { id: event.id, languageCode: "de" }, operator);
    const after = await readKeys();
    expect([after.length, new Set([...before, ...after]).size]).toEqual([6, 10]);
  });

  it("does not go live by signals of senders that new keys, or another backup, have cut off", async () => {
    const event = await create({ languages: [{ code: "de", label: "Deutsch", templateId, backupEnabled: true }] });
    const { id } = event;
    const sessionId = event.languages[0]!.session.id;
    const statesOf = ({ event: seen }: EventAnswer) => {
      const [language] = (seen as unknown as { languages: { activeIngest: string | null; primary: { state: string } }[] }).languages;
      return [language!.activeIngest, language!.primary.state];
    };
    for (const cut of [
      () => mutate("rotateIngestKeys", { id, languageCode: "de" }),
      () => mutate("configureBackupIngest", { id, languageCode: "de", enabled: false }),
    ]) {
      await signal(sessionId, { A: true });
      expect((await mutate("startEventTest", { id })).event).toMatchObject({ goLiveCheck: { allowed: true } });
      const answer = await cut();
      expect(answer.event).toMatchObject({ goLiveCheck: { allowed: false, blockers: [{ code: "NO_INGEST" }] } });
      expect(statesOf(answer)).toEqual([null, "WAITING"]);
      expect((await mutate("goLive", { id })).userErrors.map(({ code }) => code)).toEqual(["NO_INGEST"]);
      await mutate("stopEventTest", { id });
    }
    await signal(sessionId, { A: true });
    expect((await mutate("goLive", { id })).userErrors).toEqual([]);
  });

  it("keeps its sender when keys of a backup are replaced that it does not have", async () => {
    const event = await create();
    const { id } = event;
    await signal(event.languages[0]!.session.id, { A: true });
    const replaced = await mutate("rotateIngestKeys", { id, languageCode: "de", role: "BACKUP" });
    expect(replaced).toMatchObject({ userErrors: [], event: { goLiveCheck: { allowed: true } } });
  });

  it("gets new keys for a language from an operator, of one signal or both, until it is live", async () => {
    const { id } = await create({
      languages: [
        { code: "de", label: "Deutsch", templateId, backupEnabled: true },
        { code: "en", label: "English", templateId },
      ],
    });
    await addEncoder();
    const operator = await organization.as("OPERATOR");
    const keysOf = async (): Promise<readonly (readonly string[])[]> => {
      const ingests = (await ingestsOf(id)).flatMap(({ primary, backup }) => [primary, backup]);
      return Promise.all(ingests.map((ingest) => Promise.all(secretIdsOf(ingest).map((secretId) => reveal(secretId, operator)))));
    };
    const idsOf = async () => (await ingestsOf(id)).map(({ primary, backup }) => [secretIdsOf(primary), secretIdsOf(backup)]);
    const generationOf = async () => {
      const rows = await door.database.executor.execute<{ generation: number }>(sql`
        select s.generation from event_languages l join sessions s on s.id = l.session_id where l.event_id = ${id} order by l.position`);
      return rows.map(({ generation }) => generation);
    };
    const [ids, before, generations] = [await idsOf(), await keysOf(), await generationOf()];

    const rotated = await mutate("rotateIngestKeys", { id, languageCode: "de", role: "BACKUP", expectedVersion: 1 }, operator);
    expect(rotated).toMatchObject({ userErrors: [], event: { version: 2 } });
    const once = await keysOf();
    expect(once.map((keys, place) => keys.filter((key) => before[place]!.includes(key)).length)).toEqual([3, 0, 3, 3]);
    // Whoever holds the ingest open has to open it anew, to take the new keys.
    expect(await generationOf()).toEqual([generations[0]! + 1, generations[1]]);
    await mutate("rotateIngestKeys", { id, languageCode: "DE" }, operator);
    expect((await keysOf()).map((keys, place) => keys.filter((key) => once[place]!.includes(key)).length)).toEqual([0, 0, 3, 3]);
    expect(await idsOf()).toEqual(ids);
    const { data: audited } = await organization.ask<{ auditEntries: { nodes: { verb: string; objectIds: string[] }[] } }>(
      "query ($objectId: ID) { auditEntries(first: 20, objectId: $objectId) { nodes { verb objectIds } } }",
      { objectId: ids[0]![1]![1] },
    );
    const rotations = audited.auditEntries.nodes.filter(({ verb }) => verb === "ROTATE_SECRET");
    const namedIn = rotations.map(({ objectIds }) => [objectIds[0], ids[0]!.flat().filter((key) => objectIds.includes(key)).length]);
    expect(namedIn).toEqual([
      [id, 6],
      [id, 3],
    ]);

    const codesOf = async (input: object, ask = organization.ask) =>
      (await mutate("rotateIngestKeys", { id, languageCode: "de", ...input }, ask)).userErrors.map(({ code, path }) => [
        code,
        path.join("."),
      ]);
    expect(await codesOf({ expectedVersion: 1 })).toEqual([["VERSION_CONFLICT", "input.expectedVersion"]]);
    expect(await codesOf({ languageCode: "fr" })).toEqual([["NOT_FOUND", "input.languageCode"]]);
    const direct = await organization.ask<{ rotateSecret: EventAnswer }>(
      `mutation ($id: ID!) { rotateSecret(input: { id: $id }) { userErrors { code path message } } }`,
      { id: ids[0]![0]![0]! },
    );
    expect(direct.data.rotateSecret.userErrors.map(({ code }) => code)).toEqual(["USED_BY_EVENT"]);

    const { languages } = await mutate("startEventTest", { id }).then(
      ({ event }) => event as unknown as { languages: { session: { id: string } }[] },
    );
    expect(await codesOf({ role: "PRIMARY" })).toEqual([]);
    for (const { session } of languages) await signal(session.id, { A: true });
    expect((await mutate("goLive", { id })).userErrors).toEqual([]);
    expect(await codesOf({})).toEqual([["INVALID_STATE", "input.id"]]);
    const live = await keysOf();
    await mutate("stopEvent", { id, confirm: true });
    expect(await codesOf({})).toEqual([["EVENT_ENDED", "input.id"]]);
    expect(await keysOf()).toEqual(live);
  });
});

const INGESTS = `query ($id: ID!) { event(id: $id) { languages { session { source { type ingestUrl srtEncryptionEnabled } } primary { ...I } backup { ...I } } } }
  fragment I on Ingest { endpoints { protocol serverUrl streamKey { id mask } srtPassphrase { id } } }`;

interface IngestsOfLanguage {
  readonly session: { readonly source: { readonly type: string } };
  readonly primary: Ingest;
  readonly backup: Ingest;
}

const ingestsOf = async (id: string) =>
  (await organization.ask<{ event: { languages: readonly IngestsOfLanguage[] } }>(INGESTS, { id })).data.event.languages;

/** The stream key, and the passphrase for SRT. */
const secretIdsOf = ({ endpoints }: Ingest): readonly string[] => [
  ...new Set(endpoints.flatMap(({ streamKey, srtPassphrase }) => [streamKey.id, ...(srtPassphrase ? [srtPassphrase.id] : [])])),
];

async function reveal(id: string, ask: TestOrganization["ask"]): Promise<string> {
  const { data } = await ask<{ revealSecret: { value: string } }>(`mutation ($id: ID!) { revealSecret(input: { id: $id }) { value } }`, {
    id,
  });
  return data.revealSecret.value;
}

const ADDRESSES = { rtmp: "rtmp://127.0.0.1:1935/live", rtmps: "rtmps://127.0.0.1:1936/live", srt: "srt://127.0.0.1:9710" };

/** That takes pushes of every kind, or of some. */
async function addEncoder(id = "encoder_00000000000000000000000000", addresses: object = ADDRESSES): Promise<void> {
  await door.database.executor.execute(sql`
    insert into encoders (id, name, region, status, capacity, ingest_addresses, supported_inputs, supported_outputs,
      supported_video_codecs, supported_audio_codecs, missing, version)
    values (${id}, 'one', 'local', 'ONLINE', 1, ${JSON.stringify(addresses)}::text::jsonb, '{}', '{}', '{}', '{}', '{}', '1')
    on conflict (id) do update set ingest_addresses = excluded.ingest_addresses`);
}

interface Ingest {
  readonly endpoints: readonly {
    readonly protocol: string;
    readonly serverUrl: string;
    readonly streamKey: { readonly id: string };
    readonly srtPassphrase: { readonly id: string } | null;
  }[];
}
