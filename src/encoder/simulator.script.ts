import { INPUT_TYPE_FACTS, type Health } from "../sessions/session.rules.ts";
import { ALERT_FACTS, type AlertCode } from "../alerts/alert.rules.ts";
import type { AlertCause, Observation, SessionLaunch } from "./runner.ts";

/**
 * Faults on request: a session with the label `simulate:NAME` goes through them on a simulated encoder.
 * Real encoders know nothing of these labels.
 */
export const SIMULATED_FAULTS = {
  "no-input": "WAITING for ever: no input arrives",
  "late-input": "WAITING for 5 s, then RUNNING",
  "input-lost": "RUNNING, then by turns 5 s with the input and 5 s without it (health ERROR, alert INPUT_LOST)",
  crash: "its encoder crashes five times within seconds: FAILED",
  "crash-once": "its encoder crashes after 5 s and runs again 1 s later (alert ENCODER_RESTARTED)",
  "cannot-start": "FAILED at once",
  "slow-start": "STARTING for 10 s, then RUNNING",
  "slow-stop": "STOPPING for 8 s",
  "slow-encoding": "RUNNING with health WARNING (alert SLOW_ENCODING)",
  "output-failed": "RUNNING with health WARNING, its first playback with health ERROR (alert OUTPUT_FAILED)",
} as const;
export type SimulatedFault = keyof typeof SIMULATED_FAULTS;

/** What a simulated session shows after so much time. */
export interface Step {
  readonly afterMilliseconds: number;
  readonly observation: Observation;
}

const LABEL_PREFIX = "simulate:";
const START_MILLISECONDS = 700;
const STOP_MILLISECONDS = 200;
const SLOW_STOP_MILLISECONDS = 8000;
const CRASH_LIMIT = 5;

/** The fault that a session's labels ask for; a name that is not known comes as it is. */
export function requestedFaults(labels: readonly string[]): readonly string[] {
  return labels.filter((label) => label.startsWith(LABEL_PREFIX)).map((label) => label.slice(LABEL_PREFIX.length));
}

export function isSimulatedFault(name: string): name is SimulatedFault {
  return Object.hasOwn(SIMULATED_FAULTS, name);
}

/** How long a simulated session takes to stop. */
export function stopMilliseconds(labels: readonly string[]): number {
  return requestedFaults(labels).includes("slow-stop") ? SLOW_STOP_MILLISECONDS : STOP_MILLISECONDS;
}

/** What a simulated session goes through, from its start to its end or for ever. */
export function* simulatedSteps(launch: SessionLaunch): Generator<Step, void, undefined> {
  const show = (afterMilliseconds: number, status: Observation["status"], health: Health = "OK", reason: string | null = null): Step => ({
    afterMilliseconds,
    observation: { status, health, reason, playbacks: sameForAll(launch, { status, health, reason }) },
  });
  const faults = requestedFaults(launch.labels);
  const unknown = faults.find((name) => !isSimulatedFault(name));
  yield show(0, "STARTING");
  switch (faults.filter(isSimulatedFault).find((name) => name !== "slow-stop")) {
    case "cannot-start":
      return yield show(0, "FAILED", "ERROR", "The encoder could not be started (simulated).");
    case "no-input":
      return yield show(START_MILLISECONDS, "WAITING", "WARNING", "No input has arrived yet (simulated).");
    case "slow-start":
      return yield show(10_000, "RUNNING");
    case "late-input":
      yield show(START_MILLISECONDS, "WAITING", "WARNING", "No input has arrived yet (simulated).");
      return yield show(5000, "RUNNING");
    case "slow-encoding":
      return yield withCause(
        show(START_MILLISECONDS, "RUNNING", "WARNING", "Encoding is slower than real time (simulated)."),
        causeOf("SLOW_ENCODING", "Encoding is slower than real time (simulated)."),
      );
    case "output-failed":
      return yield failedOutput(show(START_MILLISECONDS, "RUNNING", "WARNING", "An output failed (simulated)."));
    case "crash":
      return yield* crashes(show);
    case "crash-once":
      yield show(START_MILLISECONDS, "RUNNING");
      yield withCause(show(5000, "STARTING", "ERROR", "The encoder crashed and is started again (simulated)."), restarted(1));
      return yield withCause(show(1000, "RUNNING"), restarted(1));
    case "input-lost":
      return yield* lostInputs(show);
    default:
      if (INPUT_TYPE_FACTS[launch.input.type].isPush)
        yield show(START_MILLISECONDS / 2, "WAITING", "WARNING", "No input has arrived yet (simulated).");
      yield unknown === undefined
        ? show(START_MILLISECONDS, "RUNNING")
        : show(
            START_MILLISECONDS,
            "RUNNING",
            "WARNING",
            `There is no simulated fault ${unknown}; known: ${Object.keys(SIMULATED_FAULTS).join(", ")}.`,
          );
  }
}

type Show = (afterMilliseconds: number, status: Observation["status"], health?: Health, reason?: string | null) => Step;

function* crashes(show: Show): Generator<Step, void, undefined> {
  for (let crash = 1; crash < CRASH_LIMIT; crash += 1) {
    yield withCause(show(START_MILLISECONDS, "RUNNING"), ...(crash > 1 ? [restarted(crash - 1)] : []));
    const reason = `The encoder crashed ${crash} of ${CRASH_LIMIT} times and is started again (simulated).`;
    yield withCause(show(500, "STARTING", "ERROR", reason), restarted(crash));
  }
  yield show(START_MILLISECONDS, "FAILED", "ERROR", `The encoder crashed ${CRASH_LIMIT} times within 60 s (simulated).`);
}

function* lostInputs(show: Show): Generator<Step, void, undefined> {
  yield show(START_MILLISECONDS, "RUNNING");
  for (let loss = 1; ; loss += 1) {
    const reason = "The input is lost (simulated).";
    yield withCause(show(5000, "RUNNING", "ERROR", reason), causeOf("INPUT_LOST", reason, loss));
    yield show(5000, "RUNNING");
  }
}

function withCause(step: Step, ...causes: readonly AlertCause[]): Step {
  return { ...step, observation: { ...step.observation, causes } };
}

function causeOf(code: AlertCode, message: string, occurrences = 1): AlertCause {
  return { code, playbackId: null, severity: ALERT_FACTS[code].usualSeverity, message, occurrences };
}

function restarted(times: number): AlertCause {
  return causeOf("ENCODER_RESTARTED", "The encoder crashed and was started again (simulated).", times);
}

function failedOutput(step: Step): Step {
  const playbacks = step.observation.playbacks.map((playback, index) =>
    index === 0
      ? { ...playback, health: "ERROR" as const, reason: "The output cannot be reached (simulated)." }
      : { ...playback, health: "OK" as const, reason: null },
  );
  const failed = playbacks
    .slice(0, 1)
    .map(({ playbackId }) => ({ ...causeOf("OUTPUT_FAILED", "The output cannot be reached (simulated)."), playbackId }));
  return { ...step, observation: { ...step.observation, playbacks, causes: failed } };
}

/** A session's state as that of each of its playbacks. */
export function sameForAll(launch: SessionLaunch, state: Pick<Observation, "status" | "health" | "reason">): Observation["playbacks"] {
  return launch.outputs.map(({ playbackId }) => ({ playbackId, ...state }));
}
