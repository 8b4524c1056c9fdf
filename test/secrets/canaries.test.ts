import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { createGraphqlClient, type GraphqlClient, type Loose, type TestSubscription } from "../support/clients.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, pictureArguments, startHlsSender, startSender, type Sender } from "../support/media.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";
import { createCanaries, sampleProcesses, type ProcessSampler, type SampledProcess } from "./canaries.ts";

const canaries = createCanaries();
/** What the product let out, each with where it was read. */
const seen: { readonly where: string; readonly text: string }[] = [];
/** What was given out on purpose: proof that the canaries were there to be found. */
let revealed = "";
let processes: readonly SampledProcess[] = [];

let directory: string;
let database: TestDatabase;
let headend: HeadendProcess;
let client: GraphqlClient;
let url: string;
let key: string;
let sampler: ProcessSampler;
let hls: Awaited<ReturnType<typeof startHlsSender>>;
const senders: Sender[] = [];
const subscriptions: TestSubscription<object>[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "headend-canary-"));
  database = await openTestDatabase();
  hls = await startHlsSender();
  sampler = sampleProcesses((pid) => senders.some((sender) => sender.pid === pid));
  headend = startHeadend(["start"], {
    environment: {
      PORT: "0",
      DATABASE_URL: database.url,
      HEADEND_DATA_DIR: directory,
      HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8",
      HEADEND_LOG_LEVEL: "trace",
    },
  });
  url = (await headend.wrote(/The API is at (\S+)\/graphql/))[1] ?? "";
  key = readFileSync(join(directory, "admin-key"), "utf8").trim();
  client = createGraphqlClient(url, key);
  await runScenario();
  await headend.stop();
  processes = sampler.stop();
  seen.push({ where: "the log", text: headend.output() + (await headend.finished).errors });
});

afterAll(async () => {
  for (const sender of [...senders, hls]) await sender.stop();
  await client.close();
  if (headend.child.exitCode === null) await headend.stop("SIGKILL");
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Asks as anybody would, and keeps all of the answer. */
async function ask(document: string, variables: object = {}): Promise<Loose> {
  const { data, errors } = await client.ask(document, variables as Record<string, unknown>);
  seen.push({ where: `the answer to ${document.slice(0, 60)}`, text: JSON.stringify({ data, errors }) });
  return data ?? {};
}

/** Everything that tells of a session. */
const SESSION = `{ id name description status health statusReason csvComment openAlertCount isSlateShowing slateImageUrl
  source { urlA urlB ingestUrl streamKey { id mask } srtPassphrase { id mask } pathA { isConnected } switches(first: 5) { nodes { reason actor } } }
  playbacks { id name urls addresses { url } status health statusReason hlsUrl }
  alerts(first: 50) { nodes { code message recommendedAction note sessionName } } topAlert { message }
  runs(first: 5) { nodes { endReason startedBy } } pendingChanges { path before after }
  actions { start { allowed blockers { message } } edit { blockers { message } } } lastCommand { verb actor } telemetry { encoder } }`;

async function runScenario(): Promise<void> {
  const ids = await createSessions();
  for (const document of [
    `subscription { sessionChanges(filter: {}, snapshot: true) { kind session ${SESSION} } }`,
    "subscription { alertChanges(snapshot: true) { kind alert { code message session { name } } } }",
  ]) {
    subscriptions.push(client.subscribe<object>(document));
  }
  await meetRefusals(ids);
  await importFiles();
  await ask(
    "mutation ($input: SessionBulkInput!) { startSessions(input: $input) { results { outcome error { message } session { name } } } }",
    {
      input: { selection: { ids: Object.values(ids) }, idempotencyKey: "start" },
    },
  );
  push("push", `rtmp://127.0.0.1`, canaries.all().find(({ place }) => place === "stream key of RTMP_PUSH")?.text ?? "");
  push("push in vain", `rtmp://127.0.0.1`, canaries.plant("a key that nobody has"));
  await eventually(
    "sessions that run and wait",
    async () => {
      const { sessions } = await ask(`{ sessions { nodes ${SESSION} } }`);
      const nodes = sessions.nodes as readonly { readonly name: string; readonly status: string; readonly statusReason: string | null }[];
      const statuses = Object.fromEntries(nodes.map(({ name, status }) => [name, status]));
      const isThere = statuses["HTTP"] === "RUNNING" && statuses["RTMP_PUSH"] === "RUNNING" && statuses["SRT_PULL"] === "WAITING";
      if (isThere) return true;
      throw new Error(JSON.stringify(nodes.map(({ name, status, statusReason }) => [name, status, statusReason])));
    },
    40_000,
  );
  await eventually(
    "an alert",
    async () =>
      (await ask("{ alerts(first: 100) { nodes { code message count recommendedAction session { name } playback { name } } } }")).alerts
        .nodes.length > 0,
    20_000,
  );
  await ask("mutation ($input: SessionBulkInput!) { showSlates(input: $input) { results { error { message } } } }", {
    input: { selection: { filter: {} } },
  });
  await ask("mutation ($input: SessionBulkInput!) { restartSessions(input: $input) { results { error { message } } } }", {
    input: { selection: { ids: [ids["HTTP"]] } },
  });
  await ask("mutation ($input: SessionBulkInput!) { stopSessions(input: $input) { acceptedCount } }", {
    input: { selection: { filter: {} } },
  });
  await eventually("sessions that are stopped", async () => {
    const { sessions } = await ask(`{ sessions(filter: { status: [STARTING, WAITING, RUNNING, STOPPING] }) { totalCount } }`);
    return sessions.totalCount === 0;
  });
  await giveOut(ids);
  await ask(`{ sessions { nodes ${SESSION} } }`);
  await ask("{ auditEntries(first: 100) { nodes { verb actor objectIds outcome requestId ipAddress } } }");
  await ask("{ exportSessionsCsv { csv } }");
  const file = await fetch(`${url}/exports/sessions.csv`, { headers: { authorization: `Bearer ${key}` } });
  seen.push({ where: "the exported file", text: await file.text() });
  await ask("mutation ($input: SessionBulkInput!) { deleteSessions(input: $input) { acceptedCount } }", {
    input: { selection: { ids: [ids["HTTP"]] } },
  });
  for (const subscription of subscriptions) seen.push({ where: "a subscription", text: JSON.stringify(subscription.waiting()) });
  await dump();
}

/** A session for each place that a secret can stand in. */
async function createSessions(): Promise<Readonly<Record<string, string>>> {
  const { createTemplate } = await ask(
    `mutation { createTemplate(input: { name: "As it comes", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
  );
  const templateId = createTemplate.template.id as string;
  const plant = canaries.plant;
  const pull = (place: string) =>
    `${hls.url.replace("http://", `http://viewer:${plant(`user info of ${place}`)}@`)}?token=${plant(`token of ${place}`)}&hdnts=exp=1~hmac=${plant(`signature of ${place}`)}`;
  const http = { name: "web", type: "HTTP", hlsEnabled: true };
  const sessions = [
    { name: "HTTP", source: { type: "HLS_PULL", urlA: pull("HLS_PULL") }, playback: http },
    {
      name: "SRT_PUSH out",
      source: { type: "HLS_PULL", urlA: hls.url },
      playback: {
        name: "out",
        type: "SRT_PUSH",
        urls: [`srt://127.0.0.1:9?passphrase=${plant("passphrase of an output")}&streamid=${plant("stream ID of an output")}`],
      },
    },
    {
      name: "RTMP_PUSH out",
      source: { type: "HLS_PULL", urlA: hls.url },
      playback: { name: "out", type: "RTMP_PUSH", urls: [`rtmp://127.0.0.1:9/live/${plant("stream key of an output")}`] },
    },
    {
      name: "CMAF_PUSH out",
      source: { type: "HLS_PULL", urlA: hls.url },
      playback: {
        name: "out",
        type: "CMAF_PUSH",
        urls: [`http://ingest:${plant("user info of an output")}@127.0.0.1:9/ingest?sig=${plant("signature of an output")}`],
      },
    },
    {
      name: "SRT_PULL",
      source: {
        type: "SRT_PULL",
        urlA: `srt://127.0.0.1:9?passphrase=${plant("passphrase of SRT_PULL")}&streamid=${plant("stream ID of SRT_PULL")}`,
      },
      playback: http,
    },
    {
      name: "RTSP_PULL",
      source: { type: "RTSP_PULL", urlA: `rtsp://camera:${plant("user info of RTSP_PULL")}@127.0.0.1:9/cam` },
      playback: http,
    },
    {
      name: "DASH_PULL",
      source: { type: "DASH_PULL", urlA: `http://127.0.0.1:9/live.mpd?access_token=${plant("token of DASH_PULL")}` },
      playback: http,
    },
    { name: "RTMP_PUSH", source: { type: "RTMP_PUSH", customStreamKey: plant("stream key of RTMP_PUSH") }, playback: http },
    {
      name: "SRT_PUSH",
      source: {
        type: "SRT_PUSH",
        customStreamKey: plant("stream key of SRT_PUSH"),
        srtEncryptionEnabled: true,
        srtPassphrase: plant("passphrase of SRT_PUSH"),
      },
      playback: http,
    },
  ];
  const ids: Record<string, string> = {};
  for (const { name, source, playback } of sessions) {
    const { createSession } = await ask(
      `mutation ($input: CreateSessionInput!) { createSession(input: $input) { session ${SESSION} userErrors { code path message } } }`,
      { input: { name, source, playbacks: [{ ...playback, templateId }], idempotencyKey: name } },
    );
    expect(createSession.userErrors).toEqual([]);
    ids[name] = createSession.session.id as string;
  }
  return ids;
}

/** Everything that is said about a wrong value. */
async function meetRefusals(ids: Readonly<Record<string, string>>): Promise<void> {
  const create = `mutation ($input: CreateSessionInput!) { createSession(input: $input) { userErrors { code path message } } }`;
  const wrong = (source: object) => ask(create, { input: { name: "Wrong", source, playbacks: [] } });
  const plant = canaries.plant;
  await wrong({ type: "SRT_PULL", urlA: `srt://10.0.0.1:9000?passphrase=${plant("passphrase of a blocked address")}` });
  await wrong({ type: "SRT_PULL", urlA: `srt://127.0.0.1:9000?passphrase=${plant("passphrase of a wrong URL")}&mode=listener` });
  await wrong({ type: "HLS_PULL", urlA: `ftp://u:${plant("user info of a wrong scheme")}@example.com/x` });
  await wrong({ type: "HLS_PULL", urlA: `http://u:${plant("user info of no URL")}@[bad/x` });
  await wrong({ type: "RTMP_PUSH", customStreamKey: `${plant("a wrong stream key")} with blanks` });
  await wrong({ type: "SRT_PUSH", srtEncryptionEnabled: true, srtPassphrase: `${plant("a wrong passphrase")}ü` });
  await wrong({ type: "SRT_PUSH", srtPassphrase: [plant("a passphrase that is no text")] });
  await wrong({ type: "SRT_PUSH", customStreamKey: { key: plant("a stream key that is no text") } });
  await ask(
    `mutation { createSession(input: { name: "x", source: { type: RTMP_PUSH, customStreamKey: ${plant("a stream key without quotes")} }, playbacks: [] }) { userErrors { code } } }`,
  );
  const update = `mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { userErrors { code message } } }`;
  await ask(update, {
    input: { id: ids["HTTP"], source: { urlA: `http://u:••••••••@example.com/?token=${plant("token beside a mask")}` } },
  });
  const { data, errors } = await createGraphqlClient(url, `hek_${plant("a key that opens nothing")}`).ask("{ caller { actor } }");
  seen.push({ where: "a caller without a key", text: JSON.stringify({ data, errors }) });
}

async function importFiles(): Promise<void> {
  const header = [
    "name",
    "input_type",
    "output_type",
    "output_name",
    "template_name",
    "input_urls-a",
    "output_urls",
    "input_settings-custom_stream_key",
    "input_settings-srt_passphrase",
    "output_settings-enable_hls",
  ];
  const row = (cells: Readonly<Record<string, string>>) => header.map((name) => cells[name] ?? "");
  const common = { output_type: "http", output_name: "web", template_name: "As it comes", "output_settings-enable_hls": "TRUE" };
  const csv = writeCsv(header, [
    row({
      ...common,
      name: "Row 1",
      input_type: "srt_pull",
      "input_urls-a": `srt://10.0.0.1:1?passphrase=${canaries.plant("passphrase in a file")}`,
    }),
    row({
      ...common,
      name: "Row 2",
      input_type: "srt_push",
      "input_settings-custom_stream_key": `${canaries.plant("stream key in a file")} !`,
    }),
    row({
      ...common,
      name: "Row 3",
      input_type: "srt_push",
      "input_settings-srt_passphrase": canaries.plant("passphrase in a file without encryption"),
    }),
    row({
      ...common,
      name: "Row 4",
      input_type: "hls_pull",
      "input_urls-a": "http://example.com/x.m3u8",
      output_type: "rtmp_push",
      output_urls: `ftp://x/${canaries.plant("stream key of an output in a file")}`,
    }),
  ]);
  const { importSessionsCsv } = await ask(
    "mutation ($input: ImportSessionsCsvInput!) { importSessionsCsv(input: $input) { imported errors { row column value message code } userErrors { message } } }",
    { input: { csv, idempotencyKey: "import" } },
  );
  expect(importSessionsCsv.errors.length).toBeGreaterThanOrEqual(4);
}

/** A sender of the other side, which knows the key. */
function push(_what: string, server: string, streamKey: string): void {
  const port = /"port":(\d+)[^\n]*rtmp/i.exec(headend.output())?.[1] ?? readRtmpPort();
  senders.push(startSender([...pictureArguments({}), "-f", "flv", `${server}:${port}/live/${streamKey}`]));
}

let ingestUrl = "";
function readRtmpPort(): string {
  ingestUrl ||= seen.flatMap(({ text }) => /rtmp:\/\/[^/"]+:\d+\/live/.exec(text) ?? []).at(-1) ?? "";
  return /:(\d+)\/live/.exec(ingestUrl)?.[1] ?? "1935";
}

/** What is given out to whoever may have it, kept apart. */
async function giveOut(ids: Readonly<Record<string, string>>): Promise<void> {
  const { session } = await ask(`query ($id: ID!) { session(id: $id) { source { streamKey { id } srtPassphrase { id } } } }`, {
    id: ids["SRT_PUSH"],
  });
  const outcomes = [
    await client.ask("{ exportSessionsCsv(includeSecrets: true) { csv } }"),
    await client.ask("mutation ($id: ID!) { revealSecret(input: { id: $id }) { value } }", { id: session.source.streamKey.id as string }),
    await client.ask("mutation ($input: RotateSecretInput!) { rotateSecret(input: $input) { value } }", {
      input: { id: session.source.streamKey.id as string, value: canaries.plant("a rotated stream key") },
    }),
    await client.ask("mutation ($input: RotateSecretInput!) { rotateSecret(input: $input) { value } }", {
      input: { id: session.source.srtPassphrase.id as string, value: canaries.plant("a rotated passphrase") },
    }),
  ];
  expect(outcomes.flatMap(({ errors }) => errors)).toEqual([]);
  revealed = JSON.stringify(outcomes.map(({ data }) => data));
}

/** Every row of every table as text, and every file of the data directory but the media. */
async function dump(): Promise<void> {
  const { executor } = database.database;
  const tables = await executor.execute<{ name: string }>(
    sql`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  expect(tables.length).toBeGreaterThan(15);
  for (const { name } of tables) {
    const rows = await executor.execute<{ row: string }>(sql`select t::text as row from ${sql.raw(name)} t`);
    seen.push({ where: `the table ${name}`, text: rows.map(({ row }) => row).join("\n") });
  }
  for (const path of readdirSync(directory, { recursive: true }) as string[]) {
    const file = join(directory, path);
    if (statSync(file).isFile() && !/\.(ts|m4s|mp4)$/.test(file))
      seen.push({ where: `the file ${path}`, text: readFileSync(file, "latin1") });
  }
}

it("would find a secret in any form", () => {
  const { plant, findIn } = createCanaries();
  const secret = plant("a place");
  const bytes = Buffer.from(`before ${secret} after`);
  for (const text of [
    secret,
    secret.toUpperCase(),
    bytes.toString("hex"),
    bytes.toString("base64"),
    bytes.subarray(1).toString("base64url"),
    bytes.subarray(2).toString("base64"),
  ]) {
    expect(findIn(`<${text}>`)).toEqual(["a place"]);
  }
  expect(findIn(createCanaries().plant("another place"))).toEqual([]);
});

it("planted canaries that are there to be found", () => {
  const kept = canaries.all().filter(({ place }) => !/wrong|file|blocked|no text|no URL|nobody|nothing|quotes|mask/.test(place));
  expect(kept.length).toBeGreaterThanOrEqual(17);
  expect(kept.map(({ place }) => place).filter((place) => !canaries.findIn(revealed).includes(place))).toEqual([]);
});

it("lets no secret out in answers, errors, changes, exports and logs, nor keeps one in the database or in a file", () => {
  const leaks = seen.flatMap(({ where, text }) => canaries.findIn(text).map((place) => `${place} in ${where}: ${excerpt(text, place)}`));
  expect(leaks).toEqual([]);
  const log = seen.find(({ where }) => where === "the log")?.text ?? "";
  expect(log.split("\n").length).toBeGreaterThan(20);
});

it("shows no secret in the process list", () => {
  const ours = processes.filter(({ text }) => text.startsWith("cmdline") && text.includes("ffmpeg"));
  expect(ours.length).toBeGreaterThan(5);
  expect(
    processes.flatMap(({ pid, text }) => canaries.findIn(text).map((place) => `${place} in process ${pid}: ${text.slice(0, 300)}`)),
  ).toEqual([]);
});

function excerpt(text: string, place: string): string {
  const canary = canaries.all().find((each) => each.place === place)?.text ?? "";
  const at = Math.max(text.indexOf(canary), 0);
  return text.slice(Math.max(at - 120, 0), at + 80);
}
