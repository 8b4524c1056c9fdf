import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ARRIVAL_GRACE_MILLISECONDS,
  CONNECT_GRACE_MILLISECONDS,
  createFailover,
  ERROR_DWELL_MILLISECONDS,
  LOSS_DWELL_MILLISECONDS,
  MANUAL_GRACE_MILLISECONDS,
  otherPath,
  VERIFICATION_MILLISECONDS,
  type PathView,
  type SwitchDecision,
} from "../../src/encoder/failover.rules.ts";
import type { FailoverSettings } from "../../src/encoder/runner.ts";
import type { InputPath } from "../../src/sessions/session.rules.ts";

const TICK = 200;
const INTERVAL_SECONDS = 120;
const REMAIN: FailoverSettings = { recoveryIntervalSeconds: -1, errorThresholdPercent: null };
const RECOVER: FailoverSettings = { recoveryIntervalSeconds: INTERVAL_SECONDS, errorThresholdPercent: null };
const STRICT: FailoverSettings = { recoveryIntervalSeconds: INTERVAL_SECONDS, errorThresholdPercent: 3 };

/** What a path does: off, coming in but not known yet, or fine with so many percent of errors. */
type Doing = "OFF" | "ARRIVING" | number;

interface Made extends SwitchDecision {
  readonly at: number;
}

/** A failover on a clock that the test moves, in ticks as short as a session's. */
function begin(settings: FailoverSettings, doing: Record<InputPath, Doing> = { A: 0, B: 0 }, doneSwitchNumber = 0) {
  const failover = createFailover({ settings, startedAt: 0, doneSwitchNumber });
  const since: Record<InputPath, number | null> = { A: null, B: null };
  const made: Made[] = [];
  let now = 0;
  let wanted = { number: doneSwitchNumber, toPath: null as InputPath | null, actor: null as string | null };

  const look = (path: InputPath): PathView => {
    const does = doing[path];
    since[path] = typeof does === "number" ? (since[path] ?? now) : null;
    return { usableSince: since[path], isArriving: does !== "OFF", errorPercent: typeof does === "number" ? does : null };
  };
  return {
    made,
    failover,
    now: () => now,
    ask(toPath: InputPath, actor = "key_1") {
      wanted = { number: wanted.number + 1, toPath, actor };
    },
    set(path: InputPath, does: Doing) {
      doing[path] = does;
    },
    /** The stream of a path begins anew, between two looks. */
    interrupt(path: InputPath) {
      since[path] = null;
    },
    wait(milliseconds: number) {
      for (const end = now + milliseconds; now < end;) {
        now += TICK;
        const decision = failover.step(now, { A: look("A"), B: look("B") }, wanted);
        if (decision) made.push({ ...decision, at: now });
      }
    },
    reasons: () => made.map(({ toPath, reason }) => `${toPath} ${reason}`),
  };
}

const INTERVAL = INTERVAL_SECONDS * 1_000;

describe("automatic failover", () => {
  it("begins on A, and stays there while A is there", () => {
    const run = begin(RECOVER);
    run.wait(600_000);
    expect(run.made).toEqual([]);
    expect(run.failover.activePath()).toBe("A");
    expect(run.failover.nextRecoveryAt()).toBeNull();
  });

  it("goes to B as soon as A is lost, once", () => {
    const run = begin(REMAIN);
    run.wait(10_000);
    run.set("A", "OFF");
    run.wait(600_000);
    expect(run.made).toEqual([{ fromPath: "A", toPath: "B", reason: "INPUT_LOST", actor: null, at: 10_000 + TICK }]);
  });

  it("does not follow paths that are both bad", () => {
    const run = begin(STRICT);
    run.wait(10_000);
    run.set("A", "OFF");
    run.set("B", "OFF");
    run.wait(60_000);
    expect(run.made).toEqual([]);
    run.set("B", "ARRIVING");
    run.wait(60_000);
    expect(run.made).toEqual([]);
    run.set("B", 50);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
  });

  it("comes back to A at once when B is lost, interval or not", () => {
    for (const settings of [REMAIN, RECOVER]) {
      const run = begin(settings);
      run.wait(10_000);
      run.set("A", "OFF");
      run.wait(20_000);
      run.set("A", 0);
      run.wait(20_000);
      run.set("B", "OFF");
      run.wait(TICK);
      expect(run.reasons()).toEqual(["B INPUT_LOST", "A INPUT_LOST"]);
    }
  });

  it("chases neither of two paths that flutter in turn", () => {
    const run = begin(REMAIN);
    run.wait(10_000);
    for (let round = 0; round < 60; round += 1) {
      run.set("A", round % 2 === 0 ? "OFF" : 0);
      run.set("B", round % 2 === 0 ? 0 : "OFF");
      run.wait(500);
    }
    expect(run.made.length).toBeLessThanOrEqual((run.now() - 10_000) / LOSS_DWELL_MILLISECONDS + 1);
  });

  it("takes B at the start when A does not connect, after its grace", () => {
    const run = begin(RECOVER, { A: "OFF", B: 0 });
    run.wait(CONNECT_GRACE_MILLISECONDS - TICK);
    expect(run.made).toEqual([]);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
    expect(run.failover.nextRecoveryAt()).toBe(CONNECT_GRACE_MILLISECONDS + INTERVAL);
  });

  it("gives A longer at the start when it arrives and nobody knows yet what it is", () => {
    const run = begin(RECOVER, { A: "ARRIVING", B: 0 });
    run.wait(ARRIVAL_GRACE_MILLISECONDS - TICK);
    expect(run.made).toEqual([]);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
  });
});

describe("the error threshold", () => {
  it.each<[string, FailoverSettings, Doing, Doing, readonly string[]]>([
    ["above it, with B clean", STRICT, 3.1, 0, ["B ERROR_THRESHOLD"]],
    ["at it", STRICT, 3, 0, []],
    ["above it, with B above it too", STRICT, 50, 3.1, []],
    ["above it, with B away", STRICT, 50, "OFF", []],
    ["none, whatever the errors", RECOVER, 99, 0, []],
  ])("%s", (_, settings, a, b, reasons) => {
    const run = begin(settings);
    run.wait(ERROR_DWELL_MILLISECONDS);
    run.set("A", a);
    run.set("B", b);
    run.wait(20_000);
    expect(run.reasons()).toEqual(reasons);
  });

  it("is obeyed on B as well, but not twice within its window", () => {
    const run = begin({ ...STRICT, recoveryIntervalSeconds: -1 });
    run.wait(10_000);
    run.set("A", 9);
    run.wait(TICK);
    run.set("A", 0);
    run.set("B", 9);
    run.wait(ERROR_DWELL_MILLISECONDS - TICK);
    expect(run.reasons()).toEqual(["B ERROR_THRESHOLD"]);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B ERROR_THRESHOLD", "A ERROR_THRESHOLD"]);
  });
});

describe("recovery", () => {
  function onB(settings: FailoverSettings) {
    const run = begin(settings);
    run.wait(10_000);
    run.set("A", "OFF");
    run.wait(TICK);
    const switchedAt = run.now();
    run.set("A", 0);
    return { ...run, switchedAt };
  }

  it("goes back an interval after the switch, when A has been without fault for some seconds", () => {
    const run = onB(RECOVER);
    expect(run.failover.nextRecoveryAt()).toBe(run.switchedAt + INTERVAL);
    run.wait(INTERVAL + VERIFICATION_MILLISECONDS - TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST", "A RECOVERY"]);
    expect(run.failover.nextRecoveryAt()).toBeNull();
    run.wait(INTERVAL * 3);
    expect(run.made.length).toBe(2);
  });

  it("remains on B with an interval of -1", () => {
    const run = onB(REMAIN);
    expect(run.failover.nextRecoveryAt()).toBeNull();
    run.wait(INTERVAL * 10);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
  });

  it.each<[string, (run: ReturnType<typeof onB>) => void]>([
    ["is away", (run) => run.set("A", "OFF")],
    ["began anew, between two looks", (run) => run.interrupt("A")],
    ["is above the threshold", (run) => run.set("A", 3.1)],
  ])("waits for the next attempt when A %s during the verification", (_, fault) => {
    const run = onB(STRICT);
    run.wait(INTERVAL + VERIFICATION_MILLISECONDS / 2);
    fault(run);
    run.wait(TICK);
    run.set("A", 0);
    const next = run.now() + INTERVAL;
    expect(run.failover.nextRecoveryAt()).toBe(next);
    run.wait(INTERVAL);
    expect(run.reasons()).toEqual(["B INPUT_LOST"]);
    run.wait(VERIFICATION_MILLISECONDS);
    expect(run.reasons()).toEqual(["B INPUT_LOST", "A RECOVERY"]);
  });

  it("does not wait for its time when B is lost while A is verified", () => {
    const run = onB(RECOVER);
    run.wait(INTERVAL + TICK);
    run.set("B", "OFF");
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B INPUT_LOST", "A INPUT_LOST"]);
  });
});

describe("what an operator asks for", () => {
  it("is done at once, and each number once", () => {
    const run = begin(RECOVER);
    run.wait(10_000);
    run.ask("B");
    run.wait(20_000);
    expect(run.made).toEqual([{ fromPath: "A", toPath: "B", reason: "MANUAL", actor: "key_1", at: 10_000 + TICK }]);
    run.ask("A", "key_2");
    run.wait(TICK);
    expect(run.made[1]).toMatchObject({ toPath: "A", reason: "MANUAL", actor: "key_2" });
  });

  it("is over when it was asked before the start", () => {
    const run = begin(RECOVER, { A: 0, B: 0 }, 7);
    run.wait(10_000);
    expect(run.made).toEqual([]);
  });

  it("needs no dwell, and puts the next attempt to go back off by an interval", () => {
    const run = begin(RECOVER);
    run.wait(10_000);
    run.ask("B");
    run.wait(TICK);
    run.ask("A");
    run.wait(TICK);
    run.ask("B");
    run.wait(TICK);
    const switchedAt = run.now();
    expect(run.made.length).toBe(3);
    expect(run.failover.nextRecoveryAt()).toBe(switchedAt + INTERVAL);
    run.wait(INTERVAL / 2);
    // Asked for the path that is on: it stays for another interval.
    run.ask("B");
    run.wait(TICK);
    expect(run.failover.nextRecoveryAt()).toBe(run.now() + INTERVAL);
    expect(run.made.length).toBe(3);
  });

  it("goes to a dead path too, which is left after a grace", () => {
    const run = begin(RECOVER, { A: 0, B: "OFF" });
    run.wait(10_000);
    run.ask("B");
    run.wait(MANUAL_GRACE_MILLISECONDS);
    expect(run.reasons()).toEqual(["B MANUAL"]);
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B MANUAL", "A INPUT_LOST"]);
  });

  it("is kept when the path comes within the grace, and left as any other when it is lost after that", () => {
    const run = begin(RECOVER, { A: 0, B: "OFF" });
    run.wait(10_000);
    run.ask("B");
    run.wait(3_000);
    run.set("B", 0);
    run.wait(TICK);
    run.set("B", "OFF");
    run.wait(TICK);
    expect(run.reasons()).toEqual(["B MANUAL", "A INPUT_LOST"]);
  });
});

describe("whatever the paths do", () => {
  const doing = fc.oneof(fc.constant("OFF" as const), fc.constant("ARRIVING" as const), fc.constantFrom(0, 1, 5, 100));
  const event = fc.record({
    wait: fc.oneof(fc.constantFrom(0, TICK, 400, 2_000, 5_000, INTERVAL), fc.nat(40_000)),
    change: fc.oneof(
      fc.record({ path: fc.constantFrom("A" as const, "B" as const), does: doing }),
      fc.record({ ask: fc.constantFrom("A" as const, "B" as const) }),
      fc.record({ interrupt: fc.constantFrom("A" as const, "B" as const) }),
    ),
  });
  const settings = fc.record({
    recoveryIntervalSeconds: fc.constantFrom(-1, 120, 300),
    errorThresholdPercent: fc.constantFrom(null, 0.01, 3, 100),
  });

  it("a switch has its reason, comes alone for each fault, and never leads from a good path to a bad one by itself", () => {
    fc.assert(
      fc.property(settings, doing, doing, fc.array(event, { maxLength: 40 }), (chosen, a, b, events) => {
        const state: Record<InputPath, Doing> = { A: a, B: b };
        const run = begin(chosen, state);
        const interval = chosen.recoveryIntervalSeconds * 1_000;
        let active: InputPath = "A";
        let last: Made | null = null;
        let good = { A: 0, B: 0 };
        const check = (made: Made): void => {
          expect(made.fromPath).toBe(active);
          expect(made.toPath).toBe(otherPath(active));
          const { [active]: from, [otherPath(active)]: to } = state;
          const limit = chosen.errorThresholdPercent ?? Infinity;
          if (made.reason !== "MANUAL") {
            expect(typeof to).toBe("number");
            if (last) expect(made.at - last.at).toBeGreaterThanOrEqual(LOSS_DWELL_MILLISECONDS);
          }
          if (made.reason === "INPUT_LOST") expect(typeof from).not.toBe("number");
          if (made.reason === "ERROR_THRESHOLD") {
            expect(from).toBeGreaterThan(limit);
            expect(to as number).toBeLessThanOrEqual(limit);
          }
          if (made.reason === "RECOVERY") {
            expect(made.toPath).toBe("A");
            expect(interval).toBeGreaterThan(0);
            expect(made.at - (last?.at ?? 0)).toBeGreaterThanOrEqual(interval + VERIFICATION_MILLISECONDS);
            expect(to as number).toBeLessThanOrEqual(limit);
            expect(made.at - good.A).toBeGreaterThanOrEqual(VERIFICATION_MILLISECONDS);
          }
          active = made.toPath;
          last = made;
        };
        let seen = 0;
        const settle = (): void => {
          for (; seen < run.made.length; seen += 1) check(run.made[seen]!);
        };
        for (const { wait, change } of events) {
          for (let waited = 0; waited < wait; waited += TICK) {
            run.wait(TICK);
            settle();
          }
          if ("path" in change) {
            const wasGood = typeof state[change.path] === "number";
            run.set(change.path, change.does);
            if (!wasGood) good = { ...good, [change.path]: run.now() };
          } else if ("interrupt" in change) {
            run.interrupt(change.interrupt);
            good = { ...good, [change.interrupt]: run.now() };
          } else run.ask(change.ask);
        }
        // And nobody is left on a dead path for long while the other one is there.
        run.wait(ARRIVAL_GRACE_MILLISECONDS + MANUAL_GRACE_MILLISECONDS + LOSS_DWELL_MILLISECONDS);
        settle();
        if (typeof state[otherPath(active)] === "number") expect(typeof state[active]).toBe("number");
        expect(run.failover.activePath()).toBe(active);
        expect(run.failover.nextRecoveryAt() === null).toBe(active === "A" || interval < 0);
      }),
      { numRuns: 300 },
    );
  });
});
