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

/** As the encoder that holds the session would tell it. */
async function signal(sessionId: string, paths: { A: boolean; B?: boolean }): Promise<void> {
  const sample = (isConnected: boolean) =>
    JSON.stringify({ isConnected, lastSeenAt: isConnected ? new Date().toISOString() : null, errorPercent: null, bitrateKbps: 900 });
  await door.database.executor.execute(sql`
    with holder as (update sessions set encoder_id = 'encoder_test' where id = ${sessionId})
    insert into session_telemetry (session_id, encoder_id, at, path_a, path_b)
    values (${sessionId}, 'encoder_test', now(), ${sample(paths.A)}::text::jsonb, ${sample(paths.B ?? false)}::text::jsonb)
    on conflict (session_id) do update set at = now(), path_a = excluded.path_a, path_b = excluded.path_b`);
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

  it("gives the keys of both signals to an operator", async () => {
    const { id } = await create({ languages: [{ code: "de", label: "Deutsch", templateId, backupEnabled: true }] });
    await door.database.executor.execute(
      sql`
      insert into encoders (id, name, region, status, capacity, ingest_addresses, supported_inputs, supported_outputs,
        supported_video_codecs, supported_audio_codecs, missing, version)
      values ('encoder_00000000000000000000000000', 'one', 'local', 'ONLINE', 1,
        '{"rtmp": "rtmp://127.0.0.1:1935/live", "srt": "srt://127.0.0.1:9710"}', '{}', '{}', '{}', '{}', '{}', '1')`,
    );
    const { data } = await organization.ask<{ event: { languages: { primary: Ingest; backup: Ingest }[] } }>(
      `query ($id: ID!) { event(id: $id) { languages { primary { endpoints { ...E } } backup { endpoints { ...E } } } } }
       fragment E on IngestEndpoint { protocol serverUrl streamKey { id mask } srtPassphrase { id } }`,
      { id },
    );
    const [language] = data.event.languages;
    expect(language!.primary.endpoints.map(({ protocol }) => protocol)).toEqual(["RTMP", "SRT"]);
    const operator = await organization.as("OPERATOR");
    const reveal = async (secretId: string) =>
      (
        await operator<{ revealSecret: { value: string } }>(`mutation ($id: ID!) { revealSecret(input: { id: $id }) { value } }`, {
          id: secretId,
        })
      ).data.revealSecret.value;
    const keys = await Promise.all([language!.primary, language!.backup].map(({ endpoints }) => reveal(endpoints[0]!.streamKey.id)));
    expect(new Set(keys).size).toBe(2);
    expect(keys).toEqual([expect.stringMatching(/^\w{32}$/), expect.stringMatching(/^\w{32}$/)]);
  });
});

interface Ingest {
  readonly endpoints: readonly { readonly protocol: string; readonly streamKey: { readonly id: string } }[];
}
