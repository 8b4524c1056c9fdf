import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { LiveProduct } from "../commands/live-product.ts";
import { keepPushing, push } from "../commands/push-sender.ts";
import { freeTcpPort } from "../encoder/output-receivers.ts";
import { makeCertificate } from "../rtmp/peers.ts";
import { decodeWhole, eventually } from "../support/media.ts";
import { listProcesses } from "../support/process-list.ts";
import { untilEvent } from "./until-event.ts";

/** Languages whose senders come by one protocol or another, to the recording of what they sent. */
const SHOW_MILLISECONDS = 150_000;
const STEP_MILLISECONDS = 45_000;

type Protocol = "RTMP" | "RTMPS" | "SRT";

/** The newest of them, which everything is asked of. */
let product: LiveProduct;
const directory = mkdtempSync(join(tmpdir(), "headend-either-"));
const products: LiveProduct[] = [];
const closers: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await Promise.all(products.map((each) => each.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function start(own: Readonly<Record<string, string>>): Promise<void> {
  product = await LiveProduct.start(own);
  products.push(product);
}

async function certificateSettings(): Promise<Readonly<Record<string, string>>> {
  const [certificatePath, keyPath] = [join(directory, "certificate.pem"), join(directory, "key.pem")];
  const { certificate, privateKey } = await makeCertificate();
  writeFileSync(certificatePath, certificate);
  writeFileSync(keyPath, privateKey, { mode: 0o600 });
  return {
    HEADEND_RTMPS_PORT: String(await freeTcpPort()),
    HEADEND_TLS_CERTIFICATE: certificatePath,
    HEADEND_TLS_KEY: keyPath,
  };
}

interface Signal {
  readonly state: string;
  readonly serverAvailable: boolean;
  readonly previewUrl: string | null;
  readonly endpoints: readonly {
    readonly protocol: Protocol;
    readonly serverUrl: string;
    readonly streamKey: { readonly id: string };
    readonly srtPassphrase: { readonly id: string } | null;
  }[];
}

interface LanguageView {
  readonly activeIngest: string | null;
  readonly session: { readonly status: string };
  readonly primary: Signal;
  readonly backup: Signal;
}

interface EventView {
  readonly status: string;
  readonly languages: readonly [LanguageView];
}

const VIEW = `query ($id: ID!) { event(id: $id) { status languages { activeIngest session { status } primary { ...S } backup { ...S } } } }
  fragment S on Ingest { state serverAvailable previewUrl endpoints { protocol serverUrl streamKey { id } srtPassphrase { id } } }`;

async function until(id: string, what: string, isSo: (language: LanguageView) => boolean): Promise<LanguageView> {
  const query = { client: product.client, query: VIEW, id, milliseconds: STEP_MILLISECONDS };
  return (await untilEvent<EventView>(query, what, ({ languages: [language] }) => isSo(language))).languages[0];
}

async function act(field: string, input: object, type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`): Promise<string> {
  const { answer } = await product.client.graphql(
    `mutation ($input: ${type}!) { answer: ${field}(input: $input) { event { id } userErrors { code message } } }`,
    { input },
  );
  expect(answer.userErrors).toEqual([]);
  return answer.event.id as string;
}

async function addressOf({ endpoints }: Signal, protocol: Protocol): Promise<string> {
  const { serverUrl, streamKey, srtPassphrase } = endpoints.find((endpoint) => endpoint.protocol === protocol)!;
  const key = await product.reveal(streamKey.id);
  return protocol === "SRT" ? `${serverUrl}?streamid=${key}&passphrase=${await product.reveal(srtPassphrase!.id)}` : `${serverUrl}/${key}`;
}

async function keepSending(signal: Signal, protocol: Protocol): Promise<{ readonly stop: () => Promise<void> }> {
  const sender = keepPushing(await addressOf(signal, protocol));
  closers.push(() => sender.stop());
  return sender;
}

async function create(input: object = {}): Promise<string> {
  const templateId = await product.createTemplate("Small", [
    {
      ...{ name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300 },
      ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
    },
  ]);
  return act("createEvent", { title: "Town hall", languages: [{ code: "de", label: "Deutsch", templateId }], ...input });
}

const protocolsOf = ({ endpoints }: Signal) => endpoints.map(({ protocol }) => protocol);
const isConnected = ({ primary, backup }: LanguageView) => primary.state === "CONNECTED" && backup.state === "CONNECTED";

it(
  "is pushed by RTMP, RTMPS and SRT, each signal by another one, and by another one after a loss",
  async () => {
    await start(await certificateSettings());
    const id = await create({ recordingEnabled: true });
    const alone = await until(id, "it listens", ({ session }) => session.status === "WAITING");
    expect([protocolsOf(alone.primary), alone.primary.serverAvailable, alone.backup.state]).toEqual([
      ["RTMPS", "RTMP", "SRT"],
      true,
      "NOT_CONFIGURED",
    ]);
    const early = await keepSending(alone.primary, "SRT");
    await until(id, "a primary by SRT without a backup", ({ primary }) => primary.state === "CONNECTED");
    await early.stop();
    await act("configureBackupIngest", { id, languageCode: "de", enabled: true });
    const made = await until(id, "it listens for both", ({ backup }) => backup.state === "WAITING");
    expect([protocolsOf(made.primary), protocolsOf(made.backup)]).toEqual(Array(2).fill(["RTMPS", "RTMP", "SRT"]));

    const primary = await keepSending(made.primary, "RTMPS");
    const backup = await keepSending(made.backup, "SRT");
    await until(id, "both signals", isConnected);
    for (const [signal, protocol] of [
      [made.primary, "SRT"],
      [made.primary, "RTMP"],
      [made.backup, "RTMP"],
      [made.backup, "SRT"],
    ] as const) {
      expect(await push(await addressOf(signal, protocol)).ended, `a second sender by ${protocol}`).not.toBe(0);
    }
    await act("startEventTest", { id }, "EventActionInput");
    const { primary: tested } = await until(id, "the test", ({ session }) => session.status === "RUNNING");
    await eventually("the preview", async () => (await fetch(tested.previewUrl!)).status === 200, STEP_MILLISECONDS);
    await act("goLive", { id });
    await until(id, "it is live", (language) => isConnected(language) && language.activeIngest === "PRIMARY");

    await primary.stop();
    await until(id, "the backup, by SRT", (language) => language.activeIngest === "BACKUP" && language.primary.state === "LOST");
    await keepSending(made.primary, "SRT");
    await until(id, "the primary again, by SRT", isConnected);
    await backup.stop();
    await until(id, "it is taken", (language) => language.activeIngest === "PRIMARY" && language.backup.state === "LOST");
    await keepSending(made.backup, "RTMP");
    await until(id, "the backup again, by RTMP", isConnected);
    const seen = product.client.subscribe(
      "subscription ($id: ID!) { eventMonitor(id: $id) { status serverAvailable languages { primary backup activeIngest } } }",
      {
        id,
      },
    );
    expect((await seen.next()).eventMonitor).toEqual({
      ...{ status: "LIVE", serverAvailable: true },
      languages: [{ primary: "CONNECTED", backup: "CONNECTED", activeIngest: "PRIMARY" }],
    });
    seen.end();

    await act("stopEvent", { id, confirm: true });
    const recordings = await eventually(
      "its recording",
      async () => {
        const { publicEvent } = await product.client.graphql<{
          publicEvent: { languages: readonly [{ recordings: readonly { url: string; durationSeconds: number }[] }] };
        }>(`query ($id: ID!) { publicEvent(id: $id) { languages { recordings { url durationSeconds } } } }`, { id });
        const [{ recordings: found }] = publicEvent.languages;
        return found.length > 0 && found;
      },
      STEP_MILLISECONDS,
    );
    expect(recordings.length).toBe(1);
    const path = join(directory, "recording.mp4");
    writeFileSync(path, Buffer.from(await (await fetch(recordings[0]!.url)).arrayBuffer()));
    const { frames, complaints } = await decodeWhole(path);
    expect(complaints).toBe("");
    expect(Math.abs(frames / 25 - recordings[0]!.durationSeconds)).toBeLessThan(1);
  },
  SHOW_MILLISECONDS,
);

it.each([
  ["SRT", "HEADEND_RTMP_PORT"],
  ["RTMP", "HEADEND_SRT_PORT"],
] as const)("is pushed by %s alone where %s is off, and costs no process until it is", async (protocol, setting) => {
  await start({ [setting]: "off" });
  const id = await create();
  const { primary } = await until(id, "it listens", ({ session }) => session.status === "WAITING");
  expect(protocolsOf(primary)).toEqual([protocol]);
  const media = () => listProcesses().filter(({ parent, args }) => parent === product.pid && args.includes("ffmpeg"));
  expect(media()).toEqual([]);
  const sender = await keepSending(primary, protocol);
  await until(id, "its signal", (language) => language.primary.state === "CONNECTED");
  expect(media().length).toBe(1);
  await sender.stop();
});
