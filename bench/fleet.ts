import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import type { Context } from "../src/access/context.ts";
import { createBell } from "../src/changes/bell.ts";
import { importSessionsCsv } from "../src/imports/import-sessions-csv.ts";
import { startSessions } from "../src/sessions/start-sessions.ts";
import { stopSessions } from "../src/sessions/stop-sessions.ts";
import { tied } from "../test/support/tied.ts";
import { sessionsFile, uploadOf } from "./files.ts";
import type { FleetOrder, FleetReport, FleetTask, StatementKind } from "./fleet-process.ts";
import { followChanges, type Arrival, type Follower } from "./follow-changes.ts";
import { startGateway } from "./gateway-process.ts";
import { openBenchInstallation, type Installation } from "./installation.ts";
import { median, report } from "./measure.ts";
import { readTicks, readTicksOfFamily, TICKS_PER_SECOND } from "./processor-time.ts";
import { sharedNow, stampCommits, type Commit } from "./stamp-commits.ts";

const AGENTS = 20;
/** Each with as many of the agents: one alone would not get to its twenty in time on a busy machine. */
const PROCESSES = 4;
const MANY = 500;
const FEW = 50;
const ROUNDS = 5;
const COUNT_MILLISECONDS = 8_000;
const IDLE_MILLISECONDS = 4_000;
/** In a round so many sessions are stopped, and started again a second later, a few at a time. */
const CHANGED_SESSIONS = 240;
const CHANGED_AT_A_TIME = 6;
const STEP_MILLISECONDS = 100;
const STARTED_AFTER_STEPS = 10;
/** What each of them goes through. */
const STATUSES = ["STOPPING", "STOPPED", "STARTING", "RUNNING"] as const;
const PATIENCE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;
const EMPTY_SERVER = `require("node:http").createServer((request, response) => response.end()).listen(0, "127.0.0.1")`;

/** 10,000 sessions that run on 20 simulated encoders beside one gateway: how late changes are told, and what idling takes. */
export async function benchFleet(): Promise<void> {
  const installation = await openBenchInstallation();
  const commits: Commit[] = [];
  const database = stampCommits(installation.context.database, (commit) => commits.push(commit));
  const bell = createBell({ database, log: installation.context.log });
  const context: Context = { ...installation.context, database, bell };
  const gateway = await startGateway(installation, {});
  const server = tied(process.execPath, ["-e", EMPTY_SERVER]);
  const empty = spawn(server.command, server.words, { stdio: "ignore" });
  try {
    const ids = await makeSessions(installation, AGENTS * MANY);
    const few = await countStatements({ installation, context }, { ids: ids.slice(0, AGENTS * FEW), perAgent: FEW });
    await endFleet(few.fleet);
    await stopSessions(context, { selection: { ids }, dryRun: false });
    await untilAll(installation, ids, "STOPPED");
    const started = performance.now();
    const many = await countStatements({ installation, context }, { ids, perAgent: MANY });
    console.log(
      `     ${ids.length} sessions ran on ${AGENTS} encoders ${((many.runningAt - started) / 1_000).toFixed(1)} s after the fleet began`,
    );
    reportStatements(few.perSecond, many.perSecond);
    await benchIdle({ installation, gateway: gateway.process, empty, fleet: many.fleet });
    const follower = await followChanges(gateway.url, installation.adminKey);
    await benchDelays({ installation, context, fleet: many.fleet, follower, commits });
    follower.close();
    for (const child of many.fleet) child.kill("SIGKILL");
  } finally {
    gateway.process.kill("SIGKILL");
    empty.kill("SIGKILL");
    await installation.close();
  }
}

async function makeSessions({ context, bare }: Installation, count: number): Promise<readonly string[]> {
  const { imported } = await importSessionsCsv(context, { file: uploadOf(sessionsFile(count)), dryRun: false });
  if (!imported) throw new Error("The import was refused");
  return (await bare<{ id: string }[]>`select id from sessions order by name_order`).map(({ id }) => id);
}

/** Processes, each of which runs some of the agents. */
type Fleet = readonly ChildProcess[];

async function openFleet({ address, directory }: Installation, capacity: number): Promise<Fleet> {
  const fleet = Array.from({ length: PROCESSES }, () => fork(join(import.meta.dirname, "fleet-process.js")));
  for (const child of fleet) child.send({ address, directory, agents: AGENTS / PROCESSES, capacity } satisfies FleetTask);
  await Promise.all(fleet.map((child) => once(child, "message")));
  return fleet;
}

async function endFleet(fleet: Fleet): Promise<void> {
  for (const child of fleet) child.send("end" satisfies FleetOrder);
  await Promise.all(fleet.map((child) => once(child, "exit")));
}

interface Acting {
  readonly installation: Installation;
  readonly context: Context;
}

/** A fleet that runs so many sessions for each agent, and the statements of one agent in a second. */
interface Counted {
  readonly fleet: Fleet;
  readonly runningAt: number;
  readonly perSecond: Readonly<Record<StatementKind, number>>;
}

async function countStatements(
  { installation, context }: Acting,
  { ids, perAgent }: { readonly ids: readonly string[]; readonly perAgent: number },
): Promise<Counted> {
  const fleet = await openFleet(installation, perAgent);
  await startSessions(context, { selection: { ids }, dryRun: false });
  await untilAll(installation, ids, "RUNNING");
  const runningAt = performance.now();
  await makeRoom({ installation, context });
  await ask(fleet);
  const begun = performance.now();
  await wait(COUNT_MILLISECONDS);
  const { statements } = await ask(fleet);
  const agentSeconds = (AGENTS * (performance.now() - begun)) / 1_000;
  const kinds = Object.keys(statements) as StatementKind[];
  const perSecond = Object.fromEntries(kinds.map((kind) => [kind, statements[kind] / agentSeconds])) as Record<StatementKind, number>;
  return { fleet, runningAt, perSecond };
}

/** A full agent claims nothing: each has room for one. */
async function makeRoom({ installation, context }: Acting): Promise<void> {
  const rows = await installation.bare<
    { id: string }[]
  >`select min(id) as id from sessions where encoder_id is not null group by encoder_id`;
  const ids = rows.map(({ id }) => id);
  if (ids.length !== AGENTS) throw new Error(`Sessions run on ${ids.length} agents`);
  await stopSessions(context, { selection: { ids }, dryRun: false });
  await untilAll(installation, ids, "STOPPED");
}

function reportStatements(few: Counted["perSecond"], many: Counted["perSecond"]): void {
  const sum = ({ lease, claim, telemetry }: Counted["perSecond"]): number => lease + claim + telemetry;
  const show = (perSecond: Counted["perSecond"]): string =>
    (["lease", "claim", "telemetry"] as const).map((kind) => `${kind} ${perSecond[kind].toFixed(2)}`).join(", ");
  report(`statements of an agent and second, ${MANY} sessions / ${FEW}`, sum(many) / sum(few), 1.05, `${show(many)} / ${show(few)}`);
  console.log(`     others of its, ${MANY} / ${FEW}: ${(many.reaper + many.other).toFixed(2)} / ${(few.reaper + few.other).toFixed(2)}`);
}

interface Idling {
  readonly installation: Installation;
  readonly gateway: ChildProcess;
  readonly empty: ChildProcess;
  readonly fleet: Fleet;
}

/** While nothing is asked for: the agents renew their leases and tell telemetry, which a gateway that nobody subscribes to leaves alone. */
async function benchIdle({ installation, gateway, empty, fleet }: Idling): Promise<void> {
  const ticks = () => ({
    gateway: readTicks(gateway.pid) ?? Number.NaN,
    empty: readTicks(empty.pid) ?? Number.NaN,
    fleet: fleet.reduce((sum, { pid }) => sum + (readTicks(pid) ?? Number.NaN), 0),
    postgres: readTicksOfFamily(installation.postgresPid),
  });
  type Name = keyof ReturnType<typeof ticks>;
  const shares: Record<Name, number[]> = { gateway: [], empty: [], fleet: [], postgres: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const [before, begun] = [ticks(), performance.now()];
    await wait(IDLE_MILLISECONDS);
    const [after, seconds] = [ticks(), (performance.now() - begun) / 1_000];
    for (const name of Object.keys(shares) as Name[]) shares[name].push((100 * (after[name] - before[name])) / TICKS_PER_SECOND / seconds);
  }
  const show = (name: Name): string => shares[name].map((value) => value.toFixed(1)).join(", ");
  report(
    "% of a core that the idle gateway takes",
    median(shares.gateway),
    10,
    `${show("gateway")}; an empty HTTP server: ${show("empty")}`,
  );
  console.log(`     at the same time the encoders: ${show("fleet")}; PostgreSQL: ${show("postgres")}`);
}

interface Delays extends Acting {
  readonly fleet: Fleet;
  readonly follower: Follower;
  /** Those of this process. */
  readonly commits: Commit[];
}

async function benchDelays(delays: Delays): Promise<void> {
  const { installation, fleet, follower, commits } = delays;
  const rows = await installation.bare<{ id: string }[]>`select id from sessions where status = 'RUNNING' order by name_order`;
  const ids = rows.map(({ id }) => id);
  const late: Record<"told" | "notified", number[]> = { told: [], notified: [] };
  let count = 0;
  let others = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const changed = ids.slice(round * CHANGED_SESSIONS, (round + 1) * CHANGED_SESSIONS);
    commits.length = 0;
    await ask(fleet);
    follower.arrivals.length = 0;
    const notified = await changeSessions(delays, changed);
    const wanted = changed.flatMap((id) => STATUSES.map((status) => `${id} ${status}`));
    await until(() => {
      const arrived = new Set(follower.arrivals.map(keyOf));
      return wanted.every((key) => arrived.has(key));
    });
    const told = await delaysOf(installation, [...commits, ...(await ask(fleet)).commits], firstOf(follower.arrivals, wanted));
    others += follower.arrivals.length - wanted.length;
    // The first round warms up and is not counted.
    if (round === 0) continue;
    count += told.length;
    late.told.push(percentile(told));
    late.notified.push(percentile(notified));
  }
  const show = (values: readonly number[]): string => values.map((value) => Math.round(value)).join(", ");
  report(
    "ms from a commit until a subscriber is told, p99",
    median(late.told),
    250,
    `${show(late.told)}; bare LISTEN and NOTIFY: ${show(late.notified)}; ${count} changes`,
  );
  // A lease that is not renewed in time, on a machine that is too busy, makes a session begin anew elsewhere.
  console.log(`     changes that nobody asked for meanwhile: ${others}`);
}

function keyOf({ sessionId, status }: Arrival): string {
  return `${sessionId} ${status}`;
}

function firstOf(arrivals: readonly Arrival[], keys: readonly string[]): readonly Arrival[] {
  const first = new Map(arrivals.toReversed().map((arrival) => [keyOf(arrival), arrival]));
  return keys.flatMap((key) => first.get(key) ?? []);
}

/** Stops sessions a few at a time and starts them again; beside it, how long a bare notification takes at the same moments. */
async function changeSessions({ installation, context }: Acting, ids: readonly string[]): Promise<readonly number[]> {
  const { socketDirectory, ...address } = installation.address;
  const bare = postgres({ ...address, host: socketDirectory, max: 1, onnotice: () => undefined });
  const taken: number[] = [];
  let sentAt = 0;
  await bare.listen("bench", () => taken.push(sharedNow() - sentAt));
  const steps = Math.ceil(ids.length / CHANGED_AT_A_TIME);
  const part = (step: number): readonly string[] => ids.slice(Math.max(0, step) * CHANGED_AT_A_TIME, (step + 1) * CHANGED_AT_A_TIME);
  for (let step = 0; step < steps + STARTED_AFTER_STEPS; step += 1) {
    const next = wait(STEP_MILLISECONDS);
    sentAt = sharedNow();
    await bare.notify("bench", "");
    if (step < steps) await stopSessions(context, { selection: { ids: part(step) }, dryRun: false });
    const stopped = part(step - STARTED_AFTER_STEPS);
    if (step >= STARTED_AFTER_STEPS) {
      await untilAll(installation, stopped, "STOPPED");
      await startSessions(context, { selection: { ids: stopped }, dryRun: false });
    }
    await next;
  }
  await untilAll(installation, ids, "RUNNING");
  await bare.end();
  return taken;
}

/** From the commit of each change until it was told, in milliseconds. */
async function delaysOf({ bare }: Installation, commits: readonly Commit[], arrivals: readonly Arrival[]): Promise<readonly number[]> {
  const sent = new Map(commits.map(({ transaction, at }) => [transaction, at]));
  const rows = await bare<{ object_id: string; status: string; transaction: string }[]>`
    select object_id, after ->> 'status' as status, transaction::text from changes
    where kind = 'STATUS_CHANGED' and object = 'SESSION' and transaction::text = any(${[...sent.keys()]}) order by id desc`;
  const committed = new Map(rows.map(({ object_id: id, status, transaction }) => [`${id} ${status}`, sent.get(transaction) ?? Number.NaN]));
  return arrivals.map((arrival) => arrival.at - (committed.get(keyOf(arrival)) ?? Number.NaN));
}

function percentile(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

async function ask(fleet: Fleet): Promise<FleetReport> {
  const answered = fleet.map((child) => once(child, "message") as Promise<[FleetReport]>);
  for (const child of fleet) child.send("tell" satisfies FleetOrder);
  const reports = (await Promise.all(answered)).map(([told]) => told);
  const sumOf = (kind: StatementKind): number => reports.reduce((sum, { statements }) => sum + statements[kind], 0);
  const statements = {
    lease: sumOf("lease"),
    claim: sumOf("claim"),
    telemetry: sumOf("telemetry"),
    reaper: sumOf("reaper"),
    other: sumOf("other"),
  };
  return { statements, commits: reports.flatMap(({ commits }) => commits) };
}

async function untilAll({ bare }: Installation, ids: readonly string[], status: string): Promise<void> {
  await until(async () => {
    const [row] = await bare<{ count: number }[]>`
      select count(*)::integer as count from sessions where id = any(${[...ids]}) and status = ${status}`;
    return row?.count === ids.length;
  });
}

async function until(isReached: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await isReached())) {
    if (performance.now() > end) throw new Error(`Not reached within ${PATIENCE_MILLISECONDS / 1_000} s`);
    await wait(POLL_MILLISECONDS);
  }
}
