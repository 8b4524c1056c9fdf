import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import { LEASE_MILLISECONDS } from "../../src/encoder/lease.rules.ts";
import { createLog } from "../../src/shared/log.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { crowding } from "../support/crowding.ts";
import { databaseUrl } from "../support/database.ts";
import { eventually, freeMulticast, startMulticastSender, type Sender } from "../support/media.ts";
import { makeTestDirectory, startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { listProcesses } from "../support/process-list.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";
import { openSubscribers, type Subscribers } from "./subscribers.ts";
import { ODD } from "./writers.ts";

/** Longer than every claim, lease and deadline there is; longer still for a soak. */
const FROZEN_SECONDS = process.env["SOAK_SECONDS"] === undefined ? 30 : 60;
const ANSWER_LIMIT_MILLISECONDS = 5_000;
const NORMAL_LIMIT_MILLISECONDS = 2_000;
const SUBSCRIBERS = 50;
const SIMULATED = 40;

let postgres: OwnPostgres;
let directory: ReturnType<typeof makeTestDirectory>;
let sender: Sender;
let group = "";
let url = "";
let client: GraphqlClient;
let subscribers: Subscribers;
const processes: HeadendProcess[] = [];
const secretKey = randomBytes(32).toString("hex");

function start(words: readonly string[], name: string, environment: Readonly<Record<string, string>> = {}): HeadendProcess {
  const started = startHeadend(words, {
    environment: {
      PORT: "0",
      HEADEND_DATA_DIR: join(directory.path, name),
      DATABASE_URL: databaseUrl(postgres.server.address),
      HEADEND_SECRET_KEY: secretKey,
      HEADEND_ENCODER_NAME: name,
      HEADEND_MULTICAST_INTERFACE: "127.0.0.1",
      ...environment,
    },
  });
  processes.push(started);
  return started;
}

beforeAll(async () => {
  postgres = await startOwnPostgres();
  directory = makeTestDirectory();
  const { address, port } = await freeMulticast();
  group = `${address}:${port}`;
  sender = startMulticastSender({ address, port });
  const gateway = start(["start"], "whole");
  [, url = ""] = await gateway.wrote(/The API is at (\S+)\/graphql/);
  const key = readFileSync(join(directory.path, "whole", "admin-key"), "utf8").trim();
  client = createGraphqlClient(url, key);
  // Beside each encoder one that would take its sessions over.
  const others = [
    start(["encoder"], "other"),
    ...["one", "two"].map((name) => start(["encoder", "--simulate", "100"], name, { HEADEND_REGION: "simulated" })),
  ];
  await Promise.all(others.map((other) => other.wrote(/"msg":"started"/)));
  subscribers = openSubscribers({ url, key, count: SUBSCRIBERS });
  await Promise.all(subscribers.all.map(({ ready }) => ready));
});
afterAll(async () => {
  postgres.signal("SIGCONT");
  await subscribers.close();
  await Promise.all(processes.map((each) => each.stop()));
  await sender.stop();
  await postgres.close();
  directory.remove();
});

const pass = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function createSessions(): Promise<void> {
  await client.graphql(
    `mutation { createTemplate(input: { name: "Source", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
  );
  const playback = { name: "web", type: "HTTP", hlsEnabled: true };
  const real = [1, 2].map((number) => ({ name: `Real ${number}`, source: { type: "MULTICAST_PULL", urlA: `udp://${group}` } }));
  const simulated = Array.from({ length: SIMULATED }, (_, index) => ({
    ...{ name: `Simulated ${index}`, region: "simulated" },
    source: { type: "MULTICAST_PULL", urlA: `udp://${group}` },
  }));
  for (const input of [...real, ...simulated]) {
    const made = await client.graphql(
      `mutation ($input: CreateSessionInput!) { createSession(input: $input) { userErrors { message } } }`,
      {
        input: { ...input, playbacks: [playback] },
      },
    );
    expect(made.createSession.userErrors).toEqual([]);
  }
  await client.graphql(`mutation { startSessions(input: { selection: { filter: {} } }) { acceptedCount } }`);
}

interface Held {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly epoch: number;
  readonly generation: number;
  readonly encoder: string | null;
}

/** Who runs what, as the database has it; asked over a connection of the test's own. */
async function readHeld(): Promise<readonly Held[]> {
  const database = openDatabase({ address: postgres.server.address, log: createLog({ level: "silent" }) });
  try {
    const rows = await database.executor.execute<Held & Record<string, unknown>>(sql`
      select s.name, s.id, s.status, s.epoch::integer, s.generation, e.name as encoder
      from sessions s left join encoders e on e.id = s.encoder_id order by s.name`);
    return [...rows];
  } finally {
    await database.close();
  }
}

/** Every ffmpeg that works for one of ours. */
function ffmpegs(): readonly number[] {
  const parents = new Set(processes.map(({ child }) => child.pid));
  return listProcesses()
    .filter(({ parent, args }) => parents.has(parent) && args.includes("ffmpeg"))
    .map(({ pid }) => pid)
    .toSorted((one, other) => one - other);
}

interface Answer {
  readonly what: string;
  readonly outcome: string;
  readonly milliseconds: number;
}

async function timed(what: string, ask: () => Promise<string>): Promise<Answer> {
  const startedAt = performance.now();
  const outcome = await ask().catch((error: unknown) => `failed: ${String(error)}`);
  return { what, outcome, milliseconds: performance.now() - startedAt };
}

const codeOf = async (query: string, variables = {}): Promise<string> =>
  (await client.ask(query, variables)).errors[0]?.extensions.code ?? "OK";
const statusOf = async (path: string): Promise<string> => String((await fetch(`${url}${path}`)).status);
const describeSession = (id: string, description: string) =>
  codeOf(
    `mutation ($id: ID!, $description: String!) { updateSession(input: { id: $id, description: $description }) { userErrors { code } } }`,
    {
      id,
      description,
    },
  );

it(
  `${FROZEN_SECONDS} s without an answer of PostgreSQL: every request is answered, sockets stay, and no encoder stops or is doubled`,
  { timeout: 240_000 },
  async () => {
    await createSessions();
    await eventually("all run", async () => (await readHeld()).every(({ status }) => status === "RUNNING"), 60_000);
    const before = await readHeld();
    const processesBefore = ffmpegs();
    expect(processesBefore.length).toBeGreaterThanOrEqual(2);
    const id = before[0]?.id ?? "";

    const answers: Promise<Answer>[] = [];
    postgres.signal("SIGSTOP");
    for (const end = performance.now() + FROZEN_SECONDS * 1_000; performance.now() < end;) {
      answers.push(
        timed("query", () => codeOf("{ sessions { totalCount } }")),
        timed("mutation", () => describeSession(id, "while it is frozen")),
        timed("readyz", () => statusOf("/readyz")),
        timed("livez", () => statusOf("/livez")),
        timed("metrics", () => statusOf("/metrics")),
      );
      await pass(1_000);
    }
    const during = ffmpegs();
    postgres.signal("SIGCONT");
    const thawedAt = performance.now();
    await eventually("it is ready", async () => (await statusOf("/readyz")) === "200", 30_000);
    await eventually("a write succeeds", async () => (await describeSession(id, `${ODD} again`)) === "OK", 30_000);
    await eventually("everybody is told", () => subscribers.all.every((each) => each.told.get(id)?.at(-1) === true), 30_000);
    expect(performance.now() - thawedAt).toBeLessThan(NORMAL_LIMIT_MILLISECONDS * crowding());

    const all = await Promise.all(answers);
    expect(all.length).toBeGreaterThanOrEqual(5 * (FROZEN_SECONDS - 10));
    expect(all.filter(({ milliseconds }) => milliseconds >= ANSWER_LIMIT_MILLISECONDS)).toEqual([]);
    const outcomes = new Map(["query", "mutation", "readyz", "livez", "metrics"].map((what) => [what, new Set<string>()]));
    for (const { what, outcome } of all) outcomes.get(what)?.add(outcome);
    for (const what of ["query", "mutation"])
      expect([...(outcomes.get(what) ?? [])].filter((code) => !["SERVICE_UNAVAILABLE", "TIMEOUT"].includes(code))).toEqual([]);
    expect([...(outcomes.get("readyz") ?? [])]).toEqual(["503"]);
    expect([...(outcomes.get("livez") ?? [])]).toEqual(["200"]);
    expect([...(outcomes.get("metrics") ?? [])]).toEqual(["200"]);
    expect(subscribers.failures).toEqual([]);

    // Whoever would take over has had the time for it.
    await pass(2 * LEASE_MILLISECONDS);
    expect(during).toEqual(processesBefore);
    expect(ffmpegs()).toEqual(processesBefore);
    expect(await readHeld()).toEqual(before);
    for (const { child } of processes) expect(child.exitCode).toBeNull();
  },
);
