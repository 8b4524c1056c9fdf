import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepOverEvents } from "../../src/events/event-keeper.ts";
import { IngestState, type EventStatus } from "../../src/events/event.rules.ts";
import {
  checkGoLive,
  decideDeleteEvent,
  decideEditIngest,
  decideEditRecording,
  decideGoLive,
  decideStartTest,
  decideStopEvent,
  decideStopTest,
  type EventDecision,
} from "../../src/events/event.transitions.ts";
import { checkOnDemand, decideOnDemand } from "../../src/events/recording.rules.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/**
 * Events against a model, which knows the words of the rules and none of their code. Asked for anything in any order, alone and several at
 * once, an event does what the model does, says what the model says, and once it has ended it never runs again.
 */

/** One that has both signals, and one that has its primary alone unless a backup is given to it. */
const CODES = ["de", "en"] as const;
type Code = (typeof CODES)[number];
type SignalState = Exclude<IngestState, "NOT_CONFIGURED">;
const SIGNAL_STATES = [IngestState.WAITING, IngestState.CONNECTED, IngestState.LOST] as const;

interface ModelLanguage {
  primary: SignalState;
  backup: SignalState;
  isBackupEnabled: boolean;
}

interface Model {
  status: EventStatus | "DELETED";
  recordingEnabled: boolean;
  recordings: number;
  wasLive: boolean;
  /** Each status that it went to, in their order. */
  readonly history: EventStatus[];
  readonly languages: Record<Code, ModelLanguage>;
}

/** What is asked; the answer is the codes of what stands against it, none when it is done. */
type Asked =
  | { readonly verb: "startTest" | "stopTest" | "delete" }
  | { readonly verb: "goLive" | "stop"; readonly isConfirmed: boolean }
  | { readonly verb: "setBackup"; readonly code: Code; readonly isEnabled: boolean }
  | { readonly verb: "setRecording"; readonly isEnabled: boolean };

/** What is put to the test: the rules by themselves, or a gateway with its database. */
interface Real {
  readonly ask: (asked: Asked) => Promise<readonly string[]>;
  readonly signal: (code: Code, states: { readonly primary: SignalState; readonly backup: SignalState }) => Promise<void>;
  /** A recording of its run is whole, or all that there are were deleted; and then whoever looks after events looks. */
  readonly setRecordings: (count: number) => Promise<void>;
  readonly look: () => Promise<{ readonly status: EventStatus; readonly onDemand: readonly string[] } | null>;
}

const isOver = ({ status }: Model) => status === "ENDED" || status === "ON_DEMAND";
const isBefore = ({ status }: Model) => status === "SCHEDULED" || status === "TESTING";

function move(model: Model, status: EventStatus): readonly string[] {
  model.status = status;
  model.history.push(status);
  return [];
}

/** The rules as they are written down for people. */
function expectedOf(model: Model, asked: Asked): readonly string[] {
  const { status } = model;
  if (status === "DELETED") return ["NOT_FOUND"];
  switch (asked.verb) {
    case "startTest":
      if (isOver(model)) return ["EVENT_ENDED"];
      if (status === "LIVE") return ["INVALID_STATE"];
      return status === "TESTING" ? ["ALREADY_IN_STATE"] : move(model, "TESTING");
    case "stopTest":
      if (isOver(model)) return ["EVENT_ENDED"];
      if (status === "LIVE") return ["INVALID_STATE"];
      return status === "SCHEDULED" ? ["ALREADY_IN_STATE"] : move(model, "SCHEDULED");
    case "goLive":
      return goLive(model, asked.isConfirmed);
    case "stop":
      if (isOver(model)) return ["ALREADY_IN_STATE"];
      if (status !== "LIVE") return ["NOT_LIVE"];
      return asked.isConfirmed ? move(model, "ENDED") : ["CONFIRMATION_REQUIRED"];
    case "setBackup":
      if (!isBefore(model)) return [isOver(model) ? "EVENT_ENDED" : "BACKUP_LOCKED"];
      model.languages[asked.code].isBackupEnabled = asked.isEnabled;
      return [];
    case "setRecording":
      if (asked.isEnabled === model.recordingEnabled) return [];
      if (!isBefore(model)) return [isOver(model) ? "EVENT_ENDED" : "INVALID_STATE"];
      model.recordingEnabled = asked.isEnabled;
      return [];
    case "delete":
      if (status === "TESTING" || status === "LIVE") return ["INVALID_STATE"];
      model.status = "DELETED";
      return [];
  }
}

function goLive(model: Model, isConfirmed: boolean): readonly string[] {
  if (isOver(model)) return ["EVENT_ENDED"];
  if (model.status === "LIVE") return ["ALREADY_IN_STATE"];
  const languages = CODES.map((code) => model.languages[code]);
  const silent = languages.filter(
    ({ primary, backup, isBackupEnabled }) => primary !== "CONNECTED" && !(isBackupEnabled && backup === "CONNECTED"),
  );
  if (silent.length > 0) return silent.map(() => "NO_INGEST");
  if (languages.some(({ primary }) => primary !== "CONNECTED") && !isConfirmed) return ["CONFIRMATION_REQUIRED"];
  model.wasLive = true;
  return move(model, "LIVE");
}

/** What becomes of it by itself. */
function followRecordings(model: Model): void {
  if (model.status === "ENDED" && model.recordings > 0) move(model, "ON_DEMAND");
  else if (model.status === "ON_DEMAND" && model.recordings === 0) move(model, "ENDED");
}

async function compare(model: Model, real: Real): Promise<void> {
  const seen = await real.look();
  if (model.status === "DELETED") return expect(seen).toBeNull();
  const onDemand = isOver(model) ? (model.recordings > 0 ? [] : ["NO_RECORDING"]) : ["INVALID_STATE"];
  expect(seen).toEqual({ status: model.status, onDemand });
}

/** Something that happens or is asked for, and what has to hold behind it. */
class Step implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly name: string,
    readonly act: (model: Model, real: Real) => Promise<void>,
  ) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await compare(model, real);
  }
  toString(): string {
    return this.name;
  }
}

const flag = fc.boolean();
const code = fc.constantFrom(...CODES);
const signalState = fc.constantFrom(...SIGNAL_STATES);
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Asked>({ verb: "startTest" }, { verb: "stopTest" }) },
  { weight: 4, arbitrary: flag.map((isConfirmed): Asked => ({ verb: "goLive", isConfirmed })) },
  { weight: 3, arbitrary: flag.map((isConfirmed): Asked => ({ verb: "stop", isConfirmed })) },
  { weight: 2, arbitrary: fc.tuple(code, flag).map(([of, isEnabled]): Asked => ({ verb: "setBackup", code: of, isEnabled })) },
  { weight: 1, arbitrary: flag.map((isEnabled): Asked => ({ verb: "setRecording", isEnabled })) },
  { weight: 1, arbitrary: fc.constant<Asked>({ verb: "delete" }) },
);

const askStep = asked.map(
  (what) =>
    new Step(JSON.stringify(what), async (model, real) => {
      const expected = expectedOf(model, what);
      expect(await real.ask(what)).toEqual(expected);
    }),
);
const signalStep = fc.tuple(code, signalState, signalState).map(
  ([of, primary, backup]) =>
    new Step(`signals of ${of}: ${primary}, ${backup}`, async (model, real) => {
      Object.assign(model.languages[of], { primary, backup });
      if (model.status !== "DELETED") await real.signal(of, { primary, backup });
    }),
);
/** So that sequences come as far as being live. */
const connectStep = fc.constant(
  new Step("both primaries are connected", async (model, real) => {
    for (const of of CODES) {
      Object.assign(model.languages[of], { primary: "CONNECTED", backup: "WAITING" });
      if (model.status !== "DELETED") await real.signal(of, { primary: "CONNECTED", backup: "WAITING" });
    }
  }),
);
const recordingStep = fc.nat({ max: 2 }).map(
  (count) =>
    new Step(`${count} recordings`, async (model, real) => {
      // There is nothing to record of what was never live.
      if (!model.wasLive || model.status === "DELETED") return;
      model.recordings = count;
      followRecordings(model);
      await real.setRecordings(count);
    }),
);
/** Three at once: what only one can have is given once, and the others are told what they would be told after it. */
const togetherStep = asked.map(
  (what) =>
    new Step(`three at once: ${JSON.stringify(what)}`, async (model, real) => {
      const expected = [expectedOf(model, what), expectedOf(model, what), expectedOf(model, what)];
      const answers = await Promise.all(expected.map(() => real.ask(what)));
      const sorted = (lists: readonly (readonly string[])[]) => lists.map((list) => list.join()).toSorted();
      expect(sorted(answers)).toEqual(sorted(expected));
    }),
);

const commands = (maxCommands: number) =>
  fc.commands([askStep, askStep, askStep, signalStep, connectStep, recordingStep, togetherStep], { maxCommands, size: "max" });

const newModel = (): Model => ({
  ...{ status: "SCHEDULED", recordingEnabled: false, recordings: 0, wasLive: false, history: [] },
  languages: {
    de: { primary: "WAITING", backup: "WAITING", isBackupEnabled: true },
    en: { primary: "WAITING", backup: "WAITING", isBackupEnabled: false },
  },
});

/** What has to hold of every history, whatever was asked for. */
function checkHistory({ history }: Model): void {
  expect(history.filter((status) => status === "LIVE").length).toBeLessThanOrEqual(1);
  const end = history.indexOf("ENDED");
  if (end >= 0) expect(history.slice(end).filter((status) => status !== "ENDED" && status !== "ON_DEMAND")).toEqual([]);
}

/** An event that is nothing but the rules. */
function ruledEvent(): Real {
  let status: EventStatus = "SCHEDULED";
  let isDeleted = false;
  let recordingEnabled = false;
  let recordings = 0;
  const languages = new Map(
    CODES.map((of) => [of, { primary: "WAITING" as SignalState, backup: "WAITING" as SignalState, isEnabled: of === "de" }]),
  );
  const codesOf = ({ refusals }: EventDecision, next?: () => void): readonly string[] => {
    if (refusals.length === 0) next?.();
    return refusals.map((error) => error.code);
  };
  const become = (next: EventStatus) => () => {
    status = next;
  };
  const decided = () => ({
    status,
    languages: [...languages].map(([of, { primary, backup, isEnabled }]) => ({
      code: of,
      primary,
      backup: isEnabled ? backup : IngestState.NOT_CONFIGURED,
    })),
  });
  function decide(what: Asked): readonly string[] {
    if (isDeleted) return ["NOT_FOUND"];
    switch (what.verb) {
      case "startTest":
        return codesOf(decideStartTest({ status }), become("TESTING"));
      case "stopTest":
        return codesOf(decideStopTest({ status }), become("SCHEDULED"));
      case "goLive":
        return codesOf(decideGoLive(checkGoLive(decided()), what.isConfirmed), become("LIVE"));
      case "stop":
        return codesOf(decideStopEvent({ status }, what.isConfirmed), become("ENDED"));
      case "setBackup":
        return codesOf(decideEditIngest({ status }), () => Object.assign(languages.get(what.code)!, { isEnabled: what.isEnabled }));
      case "setRecording":
        if (what.isEnabled === recordingEnabled) return [];
        return codesOf(decideEditRecording({ status }), () => {
          recordingEnabled = what.isEnabled;
        });
      case "delete":
        return codesOf(decideDeleteEvent({ status }), () => {
          isDeleted = true;
        });
    }
  }
  return {
    ask: async (what) => decide(what),
    signal: async (of, states) => void Object.assign(languages.get(of)!, states),
    async setRecordings(count) {
      recordings = count;
      status = decideOnDemand(status, recordings) ?? status;
    },
    async look() {
      if (isDeleted) return null;
      const { blockers } = checkOnDemand({ status, recordingEnabled }, { ready: recordings, unfinished: 0 });
      return { status, onDemand: blockers.map((error) => error.code) };
    },
  };
}

describe("the rules of events", () => {
  it("are those of the model, whatever is asked for in whatever order", async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(commands(24), async (sequence) => {
        const model = newModel();
        await fc.asyncModelRun(() => ({ model, real: ruledEvent() }), sequence);
        checkHistory(model);
        for (const status of model.history) reached.add(status);
      }),
      { numRuns: 10_000 },
    );
    expect([...reached].toSorted()).toEqual(["ENDED", "LIVE", "ON_DEMAND", "SCHEDULED", "TESTING"]);
  });
});

describe("events behind the API", () => {
  let server: TestServer;
  let templateId: string;

  beforeAll(async () => {
    server = await startTestServer();
    // Senders that are cut off are there again at once.
    await server.database.executor.execute(sql`
      create function reconnect() returns trigger language plpgsql as $$ begin
        update session_telemetry set generation = new.generation where session_id = new.id;
        return null;
      end $$`);
    await server.database.executor.execute(sql`
      create trigger reconnect after update of generation on sessions for each row execute function reconnect()`);
    const { createTemplate } = await server.graphql(
      `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
    );
    templateId = createTemplate.template.id;
  });
  afterAll(() => server.stop());

  const INPUTS = {
    startTest: "startEventTest(input: { id: $id })",
    stopTest: "stopEventTest(input: { id: $id })",
    goLive: "goLive(input: { id: $id, confirmBackupOnly: $flag })",
    stop: "stopEvent(input: { id: $id, confirm: $flag })",
    setBackup: "configureBackupIngest(input: { id: $id, languageCode: $code, enabled: $flag })",
    setRecording: "updateEvent(input: { id: $id, recordingEnabled: $flag })",
    delete: "deleteEvents(input: { ids: [$id] })",
  } as const satisfies Record<Asked["verb"], string>;

  async function ask(id: string, what: Asked): Promise<readonly string[]> {
    const input = INPUTS[what.verb];
    const given = {
      flag: "isConfirmed" in what ? what.isConfirmed : "isEnabled" in what ? what.isEnabled : null,
      code: "code" in what ? what.code : null,
    };
    const taken = [input.includes("$flag") ? ", $flag: Boolean!" : "", input.includes("$code") ? ", $code: String!" : ""].join("");
    const { answer } = await server.graphql<{ answer: { userErrors: readonly { code: string }[] } }>(
      `mutation ($id: ID!${taken}) { answer: ${input} { userErrors { code } } }`,
      { id, ...(taken.includes("$flag") && { flag: given.flag }), ...(taken.includes("$code") && { code: given.code }) },
    );
    return answer.userErrors.map(({ code: each }) => each);
  }

  async function makeEvent(): Promise<{ readonly id: string; readonly sessionIds: readonly string[]; readonly real: Real }> {
    const { createEvent } = await server.graphql(
      `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id languages { session { id } } } } }`,
      { input: { title: "Town hall", languages: CODES.map((of) => ({ code: of, label: of, templateId, backupEnabled: of === "de" })) } },
    );
    const { id, languages } = createEvent.event as { id: string; languages: { session: { id: string } }[] };
    const sessionIds = languages.map(({ session }) => session.id);
    return { id, sessionIds, real: realOf(id, sessionIds) };
  }

  function realOf(id: string, sessionIds: readonly string[]): Real {
    return {
      ask: (what) => ask(id, what),
      signal: (of, states) => tellSignals(sessionIds[CODES.indexOf(of)]!, states),
      async setRecordings(count) {
        await replaceRecordings(sessionIds[0]!, count);
        await keepOverEvents(server.context, { endedWithinSeconds: null });
      },
      async look() {
        const { event } = await server.graphql<{ event: { status: EventStatus; onDemand: { blockers: { code: string }[] } } | null }>(
          `query ($id: ID!) { event(id: $id) { status onDemand { blockers { code } } } }`,
          { id },
        );
        return event && { status: event.status, onDemand: event.onDemand.blockers.map((error) => error.code) };
      },
    };
  }

  /** As the encoder that holds the session would tell it, and of a moment that stays fresh. */
  async function tellSignals(sessionId: string, { primary, backup }: { primary: SignalState; backup: SignalState }): Promise<void> {
    const sample = (state: SignalState) =>
      JSON.stringify({
        ...{ isConnected: state === "CONNECTED", lastSeenAt: state === "WAITING" ? null : new Date().toISOString() },
        ...{ errorPercent: null, bitrateKbps: null },
      });
    await server.database.executor.execute(sql`
      with holder as (update sessions set encoder_id = 'encoder_test' where id = ${sessionId})
      insert into session_telemetry (session_id, encoder_id, at, path_a, path_b, generation)
      select id, 'encoder_test', now() + interval '1 hour', ${sample(primary)}::text::jsonb, ${sample(backup)}::text::jsonb, generation
      from sessions where id = ${sessionId}
      on conflict (session_id) do update set path_a = excluded.path_a, path_b = excluded.path_b, generation = excluded.generation`);
  }

  async function replaceRecordings(sessionId: string, count: number): Promise<void> {
    await server.database.executor.execute(sql`delete from assets where session_id = ${sessionId}`);
    for (let number = 0; number < count; number += 1) {
      await server.database.executor.execute(sql`
        insert into assets (id, organization_id, kind, status, session_id, run_id, encoder_id, file_name, content_type, created_at)
        select ${newIdentifier("asset")}, r.organization_id, 'RECORDING', 'READY', r.session_id, r.id, 'encoder_test', 'recording.mp4', 'video/mp4', now()
        from runs r where r.session_id = ${sessionId}`);
    }
  }

  /** The log has gone the model's way, each language has one run if it was live, and nothing is wanted of what is over. */
  async function settle(model: Model, id: string, sessionIds: readonly string[]): Promise<void> {
    const { executor } = server.database;
    const log = await executor.execute<{ status: EventStatus }>(
      sql`select after ->> 'status' as status from changes where object_id = ${id} and kind = 'STATUS_CHANGED' order by id`,
    );
    expect(log.map(({ status }) => status)).toEqual(model.history);
    const [first, second] = sessionIds;
    const sessions = await executor.execute<{ desired_status: string; runs: number }>(sql`
      select desired_status, (select count(*)::integer from runs r where r.session_id = s.id) as runs
      from sessions s where s.id in (${first}, ${second})`);
    const isRunning = model.status !== "DELETED" && !isOver(model);
    expect(sessions.map(({ desired_status, runs }) => [desired_status, runs])).toEqual(
      sessionIds.map(() => [isRunning ? "RUNNING" : "STOPPED", model.wasLive ? 1 : 0]),
    );
  }

  it("are as the model is, whoever asks at once, and never run again once they have ended", async () => {
    await fc.assert(
      fc.asyncProperty(commands(16), async (sequence) => {
        const model = newModel();
        const { id, sessionIds, real } = await makeEvent();
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        checkHistory(model);
        await settle(model, id, sessionIds);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });
});
