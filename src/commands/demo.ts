import { randomInt } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newApiKey } from "../access/api-key.rules.ts";
import { findCapabilities } from "../encoder/capabilities.ts";
import { spawnFfmpeg, type FfmpegProcess } from "../encoder/ffmpeg.process.ts";
import { openProcessRecords } from "../encoder/process-record.ts";
import type { Environment } from "../environment.ts";
import { StartError } from "../shared/start-error.ts";
import type { Command, CommandCall } from "./command.ts";
import { untilSignal } from "./until-signal.ts";
import { createDemoClient, type DemoClient } from "./demo.client.ts";

/** Where the example's sessions expect their input. */
const EXAMPLE_GROUP = "239.255.42.42";
const PORT = 5004;
const LOOPBACK = "127.0.0.1";
const EXAMPLE = new URL("../../examples/sessions.csv", import.meta.url);

export const demoCommand: Command = {
  name: "demo",
  parameters: [],
  options: [],
  summary: "Show it all with a test picture, in a temporary directory: import examples/sessions.csv, start it, and watch. Ctrl-C ends it.",
  run: runDemo,
};

type Closer = () => Promise<unknown> | void;

/** Everything that was begun is ended, the last first, whatever ends the demo. */
async function runDemo({ environment, print }: CommandCall): Promise<number> {
  const asked = untilSignal();
  const closers: Closer[] = [];
  try {
    const directory = await mkdtemp(join(tmpdir(), "headend-demo-"));
    closers.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    const settings = await demoEnvironment(await environment(), directory);
    const demo = startDemo({ settings, directory, group: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`, print, closers });
    // Asked for while it still starts, the end comes when it has: nothing is left half begun.
    await demo;
    await asked;
  } finally {
    print("Ending …");
    for (const close of closers.toReversed()) await close();
  }
  return 0;
}

/** Nothing of an installation that may be configured here is touched: its own database, keys and files, on this machine alone. */
async function demoEnvironment(environment: Environment, directory: string): Promise<Environment> {
  return {
    ...environment,
    dataDirectory: directory,
    databaseUrl: null,
    secretKey: null,
    adminKey: newApiKey(),
    host: LOOPBACK,
    port: (await isTaken(environment.port)) ? 0 : environment.port,
    publicUrl: null,
    mediaUrl: null,
    ingestHost: null,
    rtmpPort: null,
    rtmpsPort: null,
    srtPort: null,
    allowedNetworks: ["127.0.0.0/8"],
    multicastInterface: LOOPBACK,
    logLevel: "error",
  };
}

async function isTaken(port: number): Promise<boolean> {
  if (port === 0) return false;
  return await new Promise((resolve) => {
    const socket = connect(port, LOOPBACK)
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false));
    socket.unref().once("connect", () => socket.destroy());
  });
}

interface Demo {
  readonly settings: Environment;
  readonly directory: string;
  /** A multicast group of this run's own: two demos on one machine would spoil each other's picture. */
  readonly group: string;
  readonly print: (line: string) => void;
  readonly closers: Closer[];
}

async function startDemo({ settings, directory, group, print, closers }: Demo): Promise<void> {
  const sender = await startSender(settings, directory, group);
  closers.push(async () => {
    sender.kill();
    await sender.ended;
  });
  print(`A test picture and tone go to udp://${group}:${PORT} on ${LOOPBACK}.`);
  // Loaded only here: the help and the small commands answer at once.
  const { startApplication } = await import("../application.ts");
  const application = await startApplication(settings, { isGateway: true, encoder: { kind: "REAL" } });
  closers.push(() => application.close());
  const key = settings.adminKey ?? "";
  const url = application.url ?? "";
  const client = createDemoClient(url, key);
  closers.push(() => client.close());
  print(`The API is at ${url}/graphql; open it in a browser to try it, with this key of the demo:`);
  print(key);
  await createTemplates(client);
  const { ids, cursor } = await importExample(client, group, print);
  watch(client, cursor, print);
  await client.ask(START, { ids });
  print("The sessions were started; what becomes of them is pushed. Ctrl-C ends the demo.");
}

/** A moving picture with the time in it, and a tone. */
async function startSender({ ffmpegPath, searchPath }: Environment, directory: string, group: string): Promise<FfmpegProcess> {
  const capabilities = await findCapabilities({ ffmpegPath, searchPath });
  if (capabilities.ffmpegPath === null) throw new StartError(capabilities.missing.join(" "));
  const host = { setprivPath: capabilities.setprivPath, records: openProcessRecords(join(directory, "demo-sender")) };
  const sender = spawnFfmpeg(host, {
    binary: capabilities.ffmpegPath,
    arguments: [
      ...["-hide_banner", "-nostdin", "-loglevel", "error"],
      ...["-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-b:v", "1500k", "-g", "50", "-c:a", "aac", "-b:a", "96k"],
      ...["-f", "mpegts", `udp://${group}:${PORT}?localaddr=${LOOPBACK}&pkt_size=1316&ttl=0`],
    ],
  });
  sender.stdout.resume();
  return sender;
}

const CREATE_TEMPLATE = /* GraphQL */ `
  mutation CreateTemplate($input: CreateTemplateInput!) {
    createTemplate(input: $input) {
      userErrors {
        message
      }
    }
  }
`;

async function createTemplates(client: DemoClient): Promise<void> {
  const encoded = { videoCodec: "H264", frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 96 };
  const ladder = [
    { name: "360p", width: 640, height: 360, videoBitrateKbps: 1_000, ...encoded },
    { name: "180p", width: 320, height: 180, videoBitrateKbps: 300, ...encoded },
  ];
  const inputs = [
    { name: "Demo ladder", renditions: ladder, isDefault: true },
    { name: "Demo passthrough", renditions: [{ name: "Source", isPassthrough: true }] },
  ];
  for (const input of inputs) {
    const { createTemplate } = await client.ask<{ createTemplate: { userErrors: readonly { message: string }[] } }>(CREATE_TEMPLATE, {
      input,
    });
    if (createTemplate.userErrors.length > 0) throw new StartError(createTemplate.userErrors.map(({ message }) => message).join("\n"));
  }
}

const IMPORT = /* GraphQL */ `
  mutation Import($csv: String!) {
    importSessionsCsv(input: { csv: $csv }) {
      imported
      cursor
      sessions {
        session {
          id
          name
          streamId
        }
      }
      errors {
        row
        column
        message
      }
      userErrors {
        message
      }
    }
  }
`;

interface Imported {
  readonly importSessionsCsv: {
    readonly imported: boolean;
    readonly cursor: string | null;
    readonly sessions: readonly { readonly session: { readonly id: string; readonly name: string; readonly streamId: string } | null }[];
    readonly errors: readonly { readonly row: number | null; readonly column: string | null; readonly message: string }[];
    readonly userErrors: readonly { readonly message: string }[];
  };
}

async function importExample(
  client: DemoClient,
  group: string,
  print: (line: string) => void,
): Promise<{ ids: readonly string[]; cursor: string | null }> {
  const example = await readFile(EXAMPLE, "utf8");
  const { importSessionsCsv: result } = await client.ask<Imported>(IMPORT, { csv: example.replaceAll(EXAMPLE_GROUP, group) });
  if (!result.imported) {
    const lines = result.errors.map(({ row, column, message }) => `row ${row ?? "-"}, ${column ?? "-"}: ${message}`);
    throw new StartError(["examples/sessions.csv was refused.", ...result.userErrors.map(({ message }) => message), ...lines].join("\n"));
  }
  const sessions = result.sessions.flatMap(({ session }) => session ?? []);
  print(`Imported from examples/sessions.csv: ${sessions.map(({ name, streamId }) => `${name} (${streamId})`).join(", ")}`);
  return { ids: sessions.map(({ id }) => id), cursor: result.cursor };
}

const START = /* GraphQL */ `
  mutation Start($ids: [ID!]!) {
    startSessions(input: { selection: { ids: $ids } }) {
      acceptedCount
    }
  }
`;

const WATCH = /* GraphQL */ `
  subscription Watch($after: Cursor) {
    sessionChanges(after: $after) {
      at
      kind
      status
      health
      session {
        name
        statusReason
        playbacks {
          id
          status
          hlsUrl
          dashUrl
        }
      }
    }
  }
`;

interface Watched {
  readonly sessionChanges: {
    readonly at: string;
    readonly kind: string;
    readonly status: string | null;
    readonly health: string | null;
    readonly session: {
      readonly name: string;
      readonly statusReason: string | null;
      readonly playbacks: readonly {
        readonly id: string;
        readonly status: string;
        readonly hlsUrl: string | null;
        readonly dashUrl: string | null;
      }[];
    } | null;
  };
}

/** Prints what is pushed, and each address once there is something to play at it. */
function watch(client: DemoClient, after: string | null, print: (line: string) => void): void {
  const shown = new Set<string>();
  client.subscribe<Watched>(WATCH, { after }, ({ sessionChanges: { at, kind, status, health, session } }) => {
    if (kind !== "STATUS_CHANGED" || !session) return;
    print(
      `${at.slice(11, 19)}  ${session.name}  ${status ?? ""} ${health ?? ""}${session.statusReason === null ? "" : `  ${session.statusReason}`}`,
    );
    for (const { id, status: playbackStatus, hlsUrl, dashUrl } of session.playbacks) {
      if (playbackStatus !== "RUNNING" || shown.has(id)) continue;
      shown.add(id);
      if (hlsUrl !== null) print(`          HLS   ${hlsUrl}`);
      if (dashUrl !== null) print(`          DASH  ${dashUrl}`);
    }
  });
}
