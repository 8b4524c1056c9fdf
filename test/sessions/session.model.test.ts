import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Agent } from "../../src/encoder/agent.ts";
import { decideLost } from "../../src/encoder/lease.rules.ts";
import { lockAllHeldSessions, readControls } from "../../src/encoder/lease.store.ts";
import { writeOutcomes } from "../../src/encoder/write-outcomes.ts";
import type { InputPath, SessionStatus } from "../../src/sessions/session.rules.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { createScriptedRunner } from "./scripted-runner.ts";

/**
 * Sessions against a model: several callers at once ask for anything in any order, while encoders fail and lose their leases. What has
 * to hold: every id is answered; what is accepted is done and logged once, by whoever asked; statuses go along the table alone, without
 * a gap; a session has at most one open run, and one exactly while it is under way; and what was wanted last is what comes.
 */
const SESSION_COUNT = 4;
const NEXT: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  STOPPED: ["STARTING"],
  STARTING: ["WAITING", "RUNNING", "STOPPING", "FAILED"],
  WAITING: ["RUNNING", "STARTING", "STOPPING", "FAILED"],
  RUNNING: ["WAITING", "STARTING", "STOPPING", "FAILED"],
  STOPPING: ["STOPPED", "STARTING"],
  FAILED: ["STARTING", "STOPPING"],
};

let server: TestServer;
let world: World;
let callers: readonly TestCaller[];
let agents: readonly Agent[];
let templateId = "";
const runner = createScriptedRunner();

beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server.database, server.organizationId);
  callers = await Promise.all([1, 2, 3].map(() => server.callerOfLevel("EDITOR")));
  await world.startReaper();
  agents = [await world.startAgent({ runner: runner.start }), await world.startAgent({ runner: runner.start })];
  const HD = "videoCodec: H264, width: 640, height: 360, videoBitrateKbps: 800, frameRate: 25, audioCodec: AAC, audioBitrateKbps: 96";
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Ladder of the model", renditions: [{ name: "360p", ${HD} }] }) { template { id } } }`,
  );
  templateId = (createTemplate as Loose)["template"].id as string;
});
afterAll(async () => {
  await world.close();
  await server.stop();
});

/** What was accepted, by session and verb: the model of what the log has to say. */
interface Model {
  readonly ids: readonly string[];
  readonly deleted: Set<string>;
  readonly accepted: Map<string, number>;
  readonly playbacks: Map<string, number>;
}

function count(model: Model, id: string, what: string): void {
  const key = `${id} ${what}`;
  model.accepted.set(key, (model.accepted.get(key) ?? 0) + 1);
}

const BULK = {
  start: "startSessions",
  stop: "stopSessions",
  restart: "restartSessions",
  delete: "deleteSessions",
  show: "showSlates",
  hide: "hideSlates",
  switchToA: "switchSessionInputs",
  switchToB: "switchSessionInputs",
} as const;
type BulkName = keyof typeof BULK;

const INPUT_TYPES: Partial<Readonly<Record<(typeof BULK)[BulkName], string>>> = {
  restartSessions: "RestartSessionsInput",
  switchSessionInputs: "SwitchSessionInputsInput",
};

/** Asks for something of sessions at the front door; every id has to be answered. Gives the ids that were accepted. */
async function ask(model: Model, caller: TestCaller, name: BulkName, some: readonly string[]): Promise<readonly string[]> {
  const mutation = BULK[name];
  const toPath: { readonly toPath?: InputPath } = name === "switchToA" ? { toPath: "A" } : name === "switchToB" ? { toPath: "B" } : {};
  const wereDeleted = new Set(model.deleted);
  const { answer } = await caller.graphql(
    `mutation ($input: ${INPUT_TYPES[mutation] ?? "SessionBulkInput"}!) { answer: ${mutation}(input: $input) {
      results { id outcome error { code } } userErrors { code } } }`,
    { input: { selection: { ids: some }, ...toPath } },
  );
  const { results, userErrors } = answer as { results: Loose[]; userErrors: Loose[] };
  expect(userErrors).toEqual([]);
  expect(results.map(({ id }) => id as string)).toEqual(some);
  for (const { id, outcome, error } of results) {
    if (outcome !== "ACCEPTED") expect(error).not.toBeNull();
    if (wereDeleted.has(id as string)) expect(error).toEqual({ code: "NOT_FOUND" });
  }
  const accepted = results.filter(({ outcome }) => outcome === "ACCEPTED").map(({ id }) => id as string);
  for (const id of accepted) {
    count(model, id, name);
    if (name === "delete") model.deleted.add(id);
  }
  return accepted;
}

async function addPlayback(model: Model, caller: TestCaller, id: string): Promise<void> {
  const playback = { name: `more ${Math.random()}`, type: "HTTP", hlsEnabled: true, templateId };
  const { addPlayback: answer } = await caller.graphql(
    `mutation ($input: AddPlaybackInput!) { addPlayback(input: $input) { session { id } userErrors { code } } }`,
    { input: { sessionId: id, playback } },
  );
  const { userErrors } = answer as { userErrors: Loose[] };
  if (userErrors.length === 0) model.playbacks.set(id, (model.playbacks.get(id) ?? 1) + 1);
  else expect(["INVALID_STATE", "NOT_FOUND"]).toContain(userErrors[0]!["code"]);
}

async function describeSession(caller: TestCaller, id: string): Promise<void> {
  const { updateSession } = await caller.graphql(
    `mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { session { id } userErrors { code } } }`,
    { input: { id, description: `Edit ${Math.random()}` } },
  );
  const codes = (updateSession as { userErrors: Loose[] }).userErrors.map(({ code }) => code as string);
  expect([[], ["NOT_FOUND"]]).toContainEqual(codes);
}

/** What a reaper does once it takes an encoder for lost, which then hears of it. */
async function loseEncoder(agent: Agent): Promise<void> {
  await server.database.transaction("lose an encoder", async (transaction) => {
    const sessions = await readControls(transaction, await lockAllHeldSessions(transaction, agent.encoderId()));
    await writeOutcomes(
      transaction,
      sessions.map((session) => ({ session, outcome: decideLost(session), at: new Date() })),
    );
  });
}

type Step = (model: Model) => Promise<void>;
const named = (name: string, run: Step): readonly [name: string, Step] => [name, run];

const VERBS = ["start", "start", "start", "stop", "restart", "show", "hide", "switchToA", "switchToB", "delete"] as const;
const anyPlace = fc.nat({ max: SESSION_COUNT - 1 });
const anyCaller = fc.nat({ max: 2 });

const bulkStep = fc
  .tuple(fc.constantFrom(...VERBS), anyCaller, fc.uniqueArray(anyPlace, { minLength: 1, maxLength: SESSION_COUNT }))
  .map(([name, who, places]) =>
    named(`${name} ${places.join()} by ${who}`, async (model) => {
      const some = places.map((place) => model.ids[place]!);
      await ask(model, callers[who]!, name, some);
    }),
  );
const playbackStep = fc
  .tuple(anyPlace, anyCaller)
  .map(([place, who]) => named(`add a playback to ${place} by ${who}`, (model) => addPlayback(model, callers[who]!, model.ids[place]!)));
const textStep = fc
  .tuple(anyPlace, anyCaller)
  .map(([place, who]) => named(`describe ${place} by ${who}`, (model) => describeSession(callers[who]!, model.ids[place]!)));
const failureStep = anyPlace.map((place) =>
  named(`${place} fails`, async (model) => runner.fail(model.ids[place]!, "The encoder crashed 5 times within 60 s.")),
);
const lossStep = fc.nat({ max: 1 }).map((which) => named(`encoder ${which} is lost`, () => loseEncoder(agents[which]!)));

/** One thing that somebody asks for, or that happens. */
const step = fc.oneof(
  { weight: 10, arbitrary: bulkStep },
  { weight: 2, arbitrary: playbackStep },
  { weight: 1, arbitrary: textStep },
  { weight: 2, arbitrary: failureStep },
  { weight: 1, arbitrary: lossStep },
);

/** A command of the model: one thing alone, or several at once. */
class Command implements fc.AsyncCommand<Model, null> {
  readonly steps: readonly (readonly [string, Step])[];
  constructor(steps: readonly (readonly [string, Step])[]) {
    this.steps = steps;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model): Promise<void> {
    await Promise.all(this.steps.map(([, run]) => run(model)));
    expect(await findBrokenRuns()).toEqual([]);
  }
  toString(): string {
    return this.steps.map(([name]) => name).join(" | ");
  }
}

const commands = fc.commands(
  [step.map((one) => new Command([one])), fc.array(step, { minLength: 2, maxLength: 5 }).map((several) => new Command(several))],
  { maxCommands: 14, size: "max" },
);

async function findBrokenRuns(): Promise<readonly unknown[]> {
  return server.database.executor.execute(sql`
    select s.id, s.status, s.generation, r.open, r.newest from sessions s, lateral (
      select count(*) filter (where ended_at is null)::integer as open, coalesce(max(generation), 0) as newest,
        coalesce(bool_and(ended_at is not null) filter (where generation < s.generation), true) as are_older_ended
      from runs where session_id = s.id) r
    where r.newest <> s.generation or not r.are_older_ended
      or case when s.status in ('STARTING', 'WAITING', 'RUNNING') then r.open <> 1
           when s.status = 'STOPPING' then r.open > 1 else r.open <> 0 end`);
}

interface Logged {
  readonly actor: string | null;
  readonly kind: string;
  readonly before: { readonly status: SessionStatus } | null;
  readonly after: { readonly status: SessionStatus } | null;
}

async function logOf(id: string): Promise<readonly Logged[]> {
  return server.database.executor.execute<Logged & Record<string, unknown>>(
    sql`select actor, kind, before, after from changes where object_id = ${id} order by id`,
  );
}

/** The statuses of a log follow each other without a gap, along the table. */
function checkLog(log: readonly Logged[]): void {
  for (const [index, { before, after }] of log.entries()) {
    expect(before?.status).toBe(log[index - 1]?.after?.status);
    if (before && after && before.status !== after.status) expect(NEXT[before.status]).toContain(after.status);
  }
}

/** What was accepted stands in the log, once each and by a caller; nothing else does. */
function checkAccepted(model: Model, id: string, log: readonly Logged[]): void {
  const of = (what: string) => model.accepted.get(`${id} ${what}`) ?? 0;
  const asked = log.filter(({ actor, kind }) => actor !== null && kind === "STATUS_CHANGED");
  expect(asked.filter(({ after }) => after?.status === "STARTING")).toHaveLength(of("start"));
  expect(asked.filter(({ after }) => after?.status === "STOPPING")).toHaveLength(of("stop") + of("restart"));
  expect(log.filter(({ kind }) => kind === "DELETED")).toHaveLength(of("delete"));
}

async function settle(model: Model): Promise<void> {
  const present = model.ids.filter((id) => !model.deleted.has(id));
  const views = await waitUntil(
    () => world.view(present),
    (all) =>
      all.every(({ status, desired_status }) =>
        desired_status === "STOPPED" ? status === "STOPPED" : status === "RUNNING" || status === "FAILED",
      ),
  );
  expect(views).toHaveLength(present.length);
  for (const id of model.ids) {
    const log = await logOf(id);
    checkLog(log);
    checkAccepted(model, id, log);
    const [row] = await server.database.executor.execute<{ runs: number; playbacks: number }>(sql`
      select (select count(*)::integer from runs where session_id = ${id}) as runs,
        (select count(*)::integer from playbacks where session_id = ${id}) as playbacks`);
    if (model.deleted.has(id)) continue;
    expect(row?.runs).toBe((model.accepted.get(`${id} start`) ?? 0) + (model.accepted.get(`${id} restart`) ?? 0));
    expect(row?.playbacks).toBe(model.playbacks.get(id) ?? 1);
  }
}

/** Once nobody else asks, each thing that is asked for comes. */
async function checkWishes(model: Model): Promise<void> {
  const [caller] = callers;
  const present = model.ids.filter((id) => !model.deleted.has(id));
  if (!caller || present.length === 0) return;
  const is = (status: SessionStatus) =>
    waitUntil(
      () => world.view(present),
      (views) => views.every((view) => view.status === status),
    );
  await ask(model, caller, "start", present);
  await is("RUNNING");
  await ask(model, caller, "hide", present);
  await ask(model, caller, "switchToA", present);
  expect(await ask(model, caller, "switchToB", present)).toEqual(present);
  expect(await ask(model, caller, "show", present)).toEqual(present);
  await waitUntil(
    async () =>
      server.database.executor.execute(sql`
        select id from sessions where id = any(${sql.param([...present])}::text[]) and not (active_path = 'B' and is_slate_showing)`),
    (missing) => missing.length === 0,
  );
  expect(await ask(model, caller, "stop", present)).toEqual(present);
  await is("STOPPED");
  expect(await ask(model, caller, "delete", present)).toEqual(present);
}

const SOURCE = {
  type: "MULTICAST_PULL",
  urlA: "udp://239.1.0.134:5000",
  urlB: "udp://239.1.0.135:5000",
  failover: { recoveryIntervalSeconds: -1, errorThresholdPercent: null },
  customStreamKey: null,
  srtEncryptionEnabled: false,
  srtPassphrase: null,
  hlsScte35PassthroughEnabled: false,
} as const;

async function createModel(): Promise<Model> {
  const ids = await world.createSessions(SESSION_COUNT, { source: SOURCE }, { templateId });
  return { ids, deleted: new Set(), accepted: new Map(), playbacks: new Map() };
}

describe("sessions", () => {
  it("do what is asked of them, whoever asks at once and whatever their encoders do", async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const model = await createModel();
        await fc.asyncModelRun(() => ({ model, real: null }), sequence);
        await settle(model);
        await checkWishes(model);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
