import type { AlertCause, Observation, SessionLaunch, StartRunner } from "../../src/encoder/runner.ts";
import type { Clock } from "../../src/shared/clock.ts";

/** Runs nothing, and tells of its sessions what a test wants it to. */
export interface ScriptedRunner {
  readonly start: StartRunner;
  readonly isRunning: (sessionId: string) => boolean;
  /** Tells that these causes hold now, and nothing else. */
  readonly tell: (sessionId: string, causes: readonly Partial<AlertCause>[], state?: Partial<Observation>) => void;
  readonly launchOf: (sessionId: string) => SessionLaunch;
}

export function createScriptedRunner(): ScriptedRunner {
  const running = new Map<string, { readonly launch: SessionLaunch; readonly observe: (observation: Observation) => void }>();
  const runnerOf = (sessionId: string) => {
    const runner = running.get(sessionId);
    if (!runner) throw new Error(`Nothing runs ${sessionId}`);
    return runner;
  };

  function tell(sessionId: string, causes: readonly Partial<AlertCause>[], state: Partial<Observation> = {}): void {
    const { launch, observe } = runnerOf(sessionId);
    const seen = { status: "RUNNING", health: "OK", reason: null, ...state } as const;
    observe({
      ...seen,
      playbacks: launch.outputs.map(({ playbackId }) => ({ ...seen, playbackId })),
      causes: causes.map((given) => ({ ...cause("INPUT_LOST"), ...given })),
    });
  }

  return {
    tell,
    isRunning: (sessionId) => running.has(sessionId),
    launchOf: (sessionId) => runnerOf(sessionId).launch,
    start(launch, observe) {
      running.set(launch.sessionId, { launch, observe });
      tell(launch.sessionId, []);
      return {
        control: () => undefined,
        telemetry: () => null,
        stop: async () => void running.delete(launch.sessionId),
      };
    },
  };
}

export function cause(code: AlertCause["code"], other: Partial<AlertCause> = {}): AlertCause {
  return { code, playbackId: null, severity: "WARNING", message: `${code}, as it was told.`, occurrences: 1, ...other };
}

export interface MovableClock extends Clock {
  readonly move: (seconds: number) => void;
}

/** A clock that stands still until it is moved. */
export function createMovableClock(): MovableClock {
  let at = Date.now();
  return { now: () => new Date(at), move: (seconds) => void (at += seconds * 1_000) };
}
