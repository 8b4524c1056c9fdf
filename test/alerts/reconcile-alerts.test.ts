import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALERT_CODES, ALERT_FACTS, TOUCH_MILLISECONDS, type AlertCode } from "../../src/alerts/alert.rules.ts";
import {
  clearAlerts,
  endAlerts,
  reconcileAlerts,
  type AlertRecord,
  type AlertStep,
  type Telling,
  type ToldCause,
} from "../../src/alerts/reconcile-alerts.rules.ts";

const SESSION = "session_1";
const PLAYBACK = "playback_1";
const START = Date.UTC(2030, 0, 1);

const cause = (code: AlertCode, occurrences: ToldCause["occurrences"] = 1, other: Partial<ToldCause> = {}): ToldCause => ({
  subjectId: SESSION,
  code,
  severity: ALERT_FACTS[code].usualSeverity,
  message: `${code}.`,
  occurrences,
  ...other,
});
const runner = (...causes: readonly ToldCause[]): Telling => ({ causes, complete: ["RUNNER"], isRunnerGone: false });
const reaper = (...causes: readonly ToldCause[]): Telling => ({ causes, complete: [], isRunnerGone: false });
const KEPT: Telling = { causes: [], complete: [], isRunnerGone: false };
const GONE: Telling = { causes: [], complete: ["RUNNER"], isRunnerGone: true };
const HELD: Telling = { causes: [], complete: ["REAPER"], isRunnerGone: false };

/** The alerts of one session in memory, as the store keeps them. */
function createShelf() {
  const records = new Map<string, AlertRecord>();
  let created = 0;
  let seconds = 0;
  const newId = () => `alert_${(created += 1)}`;
  const known = () => [...records.values()].filter(({ endedAt, occurrences }) => endedAt === null || occurrences > 0);
  const now = () => new Date(START + seconds * 1000);

  function apply(steps: readonly AlertStep[]): readonly string[] {
    for (const { before, after } of steps) {
      expect(before, "only what is known changes").toEqual(records.get(after.id) ?? null);
      records.set(after.id, after);
    }
    const open = known().filter(({ endedAt }) => endedAt === null);
    expect(new Set(open.map(({ subjectId, code }) => `${subjectId} ${code}`)).size, "one open for each subject and code").toBe(open.length);
    return steps
      .filter(({ kind }) => kind !== "WRITTEN")
      .map(({ kind, after }) => [kind, after.code, after.endReason ?? after.count].join(" "));
  }

  return {
    known,
    open: () => known().filter(({ endedAt }) => endedAt === null),
    wait: (more: number) => (seconds += more),
    tell: (telling: Telling) => apply(reconcileAlerts({ known: known(), at: now(), newId, telling })),
    stepsOf: (telling: Telling) => reconcileAlerts({ known: known(), at: now(), newId, telling }),
    clear: (...codes: readonly AlertCode[]) =>
      apply(clearAlerts({ known: known().filter(({ code }) => codes.includes(code)), at: now(), newId, clearedBy: "key:Test" })),
    stop: () => apply(endAlerts(known(), { endedAt: now(), endReason: "SUBJECT_STOPPED" })),
  };
}

describe("the facts", () => {
  it("say of each code what an operator should do", () => {
    expect(Object.keys(ALERT_FACTS).toSorted()).toEqual(ALERT_CODES.toSorted());
    for (const { recommendedAction } of Object.values(ALERT_FACTS)) expect(recommendedAction).toMatch(/^[A-Z].{30,160}\.$/);
  });
});

describe("an alert", () => {
  it("is raised, stays while its cause holds, fades, and ends after 10 s without it", () => {
    const shelf = createShelf();
    expect(shelf.tell(runner(cause("INPUT_LOST")))).toEqual(["RAISED INPUT_LOST 1"]);
    shelf.wait(5);
    expect(shelf.stepsOf(runner(cause("INPUT_LOST")))).toEqual([]);
    expect(shelf.tell(runner())).toEqual([]);
    expect(shelf.open()).toMatchObject([{ isActive: false, lastSeenAt: new Date(START + 5000) }]);
    shelf.wait(9.999);
    expect(shelf.tell(KEPT)).toEqual([]);
    shelf.wait(0.001);
    expect(shelf.tell(KEPT)).toEqual(["ENDED INPUT_LOST RESOLVED"]);
    expect(shelf.known()).toEqual([]);
  });

  it("is the same one, counted once more, when its cause comes back in time, and another one later", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("INPUT_LOST", 1)));
    shelf.tell(runner());
    shelf.wait(9);
    expect(shelf.tell(runner(cause("INPUT_LOST", 2)))).toEqual(["REPEATED INPUT_LOST 2"]);
    shelf.tell(runner());
    shelf.wait(11);
    expect(shelf.tell(runner(cause("INPUT_LOST", 3)))).toEqual(["ENDED INPUT_LOST RESOLVED", "RAISED INPUT_LOST 1"]);
  });

  it("counts what came and went between two reports", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("OUTPUT_FAILED", 1, { subjectId: PLAYBACK })));
    expect(shelf.tell(runner(cause("OUTPUT_FAILED", 4, { subjectId: PLAYBACK })))).toEqual(["REPEATED OUTPUT_FAILED 4"]);
  });

  it("tells another message to those who show its session alone", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("INPUT_LOST")));
    expect(shelf.tell(runner(cause("INPUT_LOST", 1, { message: "No answer." })))).toEqual(["REWORDED INPUT_LOST 1"]);
    expect(shelf.open()).toMatchObject([{ message: "No answer.", count: 1 }]);
  });

  it("tells that its severity is another, and that it still holds every 30 s, without counting that", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("ERROR_THRESHOLD")));
    expect(shelf.tell(runner(cause("ERROR_THRESHOLD", 1, { severity: "ERROR" })))).toEqual(["REPEATED ERROR_THRESHOLD 1"]);
    shelf.wait(TOUCH_MILLISECONDS / 1000 - 1);
    expect(shelf.stepsOf(runner(cause("ERROR_THRESHOLD", 1, { severity: "ERROR" })))).toEqual([]);
    shelf.wait(1);
    expect(shelf.tell(runner(cause("ERROR_THRESHOLD", 1, { severity: "ERROR" })))).toEqual([]);
    expect(shelf.open()).toMatchObject([{ lastSeenAt: new Date(START + TOUCH_MILLISECONDS), severity: "ERROR" }]);
  });

  it("of a moment stays until it is cleared, and comes back when it happens again", () => {
    const shelf = createShelf();
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 2)))).toEqual(["RAISED ENCODER_RESTARTED 2"]);
    shelf.tell(runner());
    shelf.wait(3600);
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 3)))).toEqual(["REPEATED ENCODER_RESTARTED 3"]);
    expect(shelf.clear("ENCODER_RESTARTED")).toEqual(["ENDED ENCODER_RESTARTED CLEARED"]);
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 3)))).toEqual([]);
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 4)))).toEqual(["RAISED ENCODER_RESTARTED 1"]);
    expect(shelf.known()).toHaveLength(1);
  });

  it("is counted on by the next runner, which counts from the beginning", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("ENCODER_RESTARTED", 2)));
    shelf.tell(GONE);
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 2)))).toEqual(["REPEATED ENCODER_RESTARTED 4"]);
    shelf.clear("ENCODER_RESTARTED");
    shelf.tell(GONE);
    expect(shelf.tell(runner(cause("ENCODER_RESTARTED", 1)))).toEqual(["RAISED ENCODER_RESTARTED 1"]);
  });

  it("of a lost encoder is counted with each loss", () => {
    const shelf = createShelf();
    expect(shelf.tell({ ...GONE, causes: [cause("ENCODER_LOST", "ONE_MORE")] })).toEqual(["RAISED ENCODER_LOST 1"]);
    shelf.tell(HELD);
    shelf.tell(runner());
    expect(shelf.tell({ ...GONE, causes: [cause("ENCODER_LOST", "ONE_MORE")] })).toEqual(["REPEATED ENCODER_LOST 2"]);
    expect(shelf.clear("ENCODER_LOST")).toEqual(["ENDED ENCODER_LOST CLEARED"]);
    expect(shelf.tell({ ...GONE, causes: [cause("ENCODER_LOST", "ONE_MORE")] })).toEqual(["RAISED ENCODER_LOST 1"]);
  });

  it("of missing capacity is told by the reaper alone, and fades once the session is held", () => {
    const shelf = createShelf();
    expect(shelf.tell(reaper(cause("NO_CAPACITY")))).toEqual(["RAISED NO_CAPACITY 1"]);
    expect(shelf.stepsOf(runner())).toEqual([]);
    shelf.tell(HELD);
    shelf.wait(10);
    expect(shelf.tell(KEPT)).toEqual(["ENDED NO_CAPACITY RESOLVED"]);
  });

  it("that is cleared while its cause holds is raised again at once", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("SLOW_ENCODING", 3)));
    expect(shelf.clear("SLOW_ENCODING")).toEqual(["ENDED SLOW_ENCODING CLEARED", "RAISED SLOW_ENCODING 1"]);
    expect(shelf.stepsOf(runner(cause("SLOW_ENCODING", 3)))).toEqual([]);
    shelf.tell(runner());
    expect(shelf.clear("SLOW_ENCODING")).toEqual(["ENDED SLOW_ENCODING CLEARED"]);
    expect(shelf.tell(runner(cause("SLOW_ENCODING", 4)))).toEqual(["RAISED SLOW_ENCODING 1"]);
  });

  it("ends with what it is about", () => {
    const shelf = createShelf();
    shelf.tell(runner(cause("INPUT_LOST"), cause("ENCODER_RESTARTED"), cause("OUTPUT_FAILED", 1, { subjectId: PLAYBACK })));
    expect(shelf.stop()).toHaveLength(3);
    expect(shelf.known()).toEqual([]);
  });
});

describe("whatever is told in whatever order", () => {
  const CODES: readonly AlertCode[] = ["INPUT_LOST", "ENCODER_RESTARTED", "OUTPUT_FAILED"];
  /** A runner that lives for a while: its counters grow. */
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("toggle" as const), index: fc.nat({ max: 2 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("report" as const), index: fc.constant(0) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), index: fc.constantFrom(1, 4, 9, 10, 11, 40) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), index: fc.nat({ max: 2 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("renew" as const), index: fc.constant(0) }) },
  );

  /** Runs a story; with `passes`, the reaper looks in after every event. */
  function play(story: readonly { readonly kind: string; readonly index: number }[], passes: boolean) {
    const shelf = createShelf();
    const told: string[] = [];
    let holds = [false, false, false];
    let occurrences = [0, 0, 0];
    const report = () =>
      shelf.tell(runner(...CODES.flatMap((code, index) => (holds[index] ? [cause(code, occurrences[index] ?? 0)] : []))));
    for (const { kind, index } of story) {
      if (kind === "wait") shelf.wait(index);
      if (kind === "clear") told.push(...shelf.clear(CODES[index] ?? "INPUT_LOST"));
      if (kind === "report") told.push(...report());
      if (kind === "renew") {
        holds = [false, false, false];
        occurrences = [0, 0, 0];
        told.push(...shelf.tell(GONE));
      }
      if (kind === "toggle") {
        holds = holds.map((held, at) => (at === index ? !held : held));
        occurrences = occurrences.map((count, at) => (at === index && holds[at] ? count + 1 : count));
      }
      if (passes) told.push(...shelf.tell(KEPT));
    }
    told.push(...report());
    expect(shelf.stepsOf(runner(...CODES.flatMap((code, index) => (holds[index] ? [cause(code, occurrences[index] ?? 0)] : [])))), "what is told twice").toEqual([]); // prettier-ignore
    return { told, holds, shelf };
  }

  it("every ongoing cause that holds has an active alert, and none that does not", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.boolean(), (story, passes) => {
        const { holds, shelf } = play(story, passes);
        const active = shelf.open().filter(({ isActive, code }) => isActive && ALERT_FACTS[code].nature === "ONGOING");
        const expected = CODES.filter((code, index) => holds[index] && ALERT_FACTS[code].nature === "ONGOING");
        expect(active.map(({ code }) => code).toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on how often the reaper looks in, but for when an end is told", () => {
    const withoutEnds = (told: readonly string[]) => told.filter((line) => !line.includes("RESOLVED"));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (story) => {
        // A clear finds a faded alert or not, as the reaper has looked in or not.
        const plain = story.filter(({ kind }) => kind !== "clear");
        expect(withoutEnds(play(plain, true).told)).toEqual(withoutEnds(play(plain, false).told));
      }),
      { numRuns: 500 },
    );
  });

  it("every restart is counted once, whatever is cleared between", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (story) => {
        const shelf = createShelf();
        let happened = 0;
        let ofThisRunner = 0;
        let counted = 0;
        const countOf = () => shelf.open().find(({ code }) => code === "ENCODER_RESTARTED")?.count ?? 0;
        const report = () => shelf.tell(runner(...(ofThisRunner > 0 ? [cause("ENCODER_RESTARTED", ofThisRunner)] : [])));
        for (const { kind } of story) {
          if (kind === "toggle") {
            happened += 1;
            ofThisRunner += 1;
          }
          if (kind === "report") report();
          if (kind === "renew") {
            report();
            shelf.tell(GONE);
            ofThisRunner = 0;
          }
          if (kind === "clear") {
            counted += countOf();
            shelf.clear("ENCODER_RESTARTED");
          }
        }
        report();
        expect(counted + countOf()).toBe(happened);
      }),
      { numRuns: 500 },
    );
  });
});
