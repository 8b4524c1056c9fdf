import type { Observation, SessionLaunch, StartRunner } from "../../src/encoder/runner.ts";

/** A runner that runs at once, remembers what it was given, and says what a test wants it to. */
export interface RecordingRunner {
  readonly start: StartRunner;
  readonly launches: SessionLaunch[];
  /** Sessions that were started while they still ran. */
  readonly overlaps: string[];
  readonly running: ReadonlySet<string>;
  /** Every runner that runs says this of itself and of its playbacks. */
  readonly tell: (state: Pick<Observation, "status" | "health" | "reason">) => void;
}

export function startRecordingRunner({ stopMilliseconds = 20 }: { readonly stopMilliseconds?: number } = {}): RecordingRunner {
  const launches: SessionLaunch[] = [];
  const overlaps: string[] = [];
  const running = new Set<string>();
  const told = new Map<SessionLaunch, (state: Pick<Observation, "status" | "health" | "reason">) => void>();

  return {
    launches,
    overlaps,
    running,
    tell: (state) => [...told.values()].forEach((say) => say(state)),
    start(launch, observe) {
      launches.push(launch);
      if (running.has(launch.sessionId)) overlaps.push(launch.sessionId);
      running.add(launch.sessionId);
      told.set(launch, (state) => observe({ ...state, playbacks: launch.outputs.map(({ playbackId }) => ({ playbackId, ...state })) }));
      told.get(launch)?.({ status: "RUNNING", health: "OK", reason: null });
      return {
        control: () => undefined,
        telemetry: () => null,
        async stop() {
          if (!told.delete(launch)) return;
          await new Promise((resolve) => setTimeout(resolve, stopMilliseconds));
          running.delete(launch.sessionId);
        },
      };
    },
  };
}
