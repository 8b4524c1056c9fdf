import type { Observation, SessionControls, SessionLaunch, StartRunner, SwitchObservation } from "../../src/encoder/runner.ts";
import type { TelemetrySample } from "../../src/encoder/telemetry.rules.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";

/** A runner that does what operators ask: it runs at once, switches, shows slates, tells telemetry, and fails when a test says so. */
export interface ScriptedRunner {
  readonly start: StartRunner;
  readonly launches: readonly SessionLaunch[];
  /** Ends the session's encoder as one that gave up. */
  readonly fail: (sessionId: string, reason: string) => void;
  /** Observes more of a session than the script knows, such as its processes, from now on. */
  readonly observe: (sessionId: string, more: Partial<Observation>) => void;
  /** What every session tells from now on; null: nothing. */
  tells: TelemetrySample | null;
}

export const SAMPLE: TelemetrySample = {
  frameRate: 25,
  speed: 1,
  bitrateKbps: 3200,
  droppedFrames: 2,
  pathA: { isConnected: true, lastSeenAt: "2026-01-31T12:00:00.000Z", errorPercent: 0.25, bitrateKbps: 3200 },
  pathB: { isConnected: false, lastSeenAt: null, errorPercent: null, bitrateKbps: null },
};

export function createScriptedRunner({ stopMilliseconds = 5 }: { readonly stopMilliseconds?: number } = {}): ScriptedRunner {
  const launches: SessionLaunch[] = [];
  const failures = new Map<string, (reason: string) => void>();
  const observers = new Map<string, (more: Partial<Observation>) => void>();
  const script: ScriptedRunner = {
    start,
    launches,
    fail: (id, reason) => failures.get(id)?.(reason),
    observe: (id, more) => observers.get(id)?.(more),
    tells: null,
  };

  function start(launch: SessionLaunch, observe: (observation: Observation) => void) {
    launches.push(launch);
    let { controls } = launch;
    let path: "A" | "B" = "A";
    let observed: Partial<Observation> = {};
    const switches: SwitchObservation[] = [];
    const told = (state: Pick<Observation, "status" | "health" | "reason">): Observation => ({
      ...state,
      playbacks: launch.outputs.map(({ playbackId }) => ({ playbackId, ...state })),
      activePath: path,
      isSlateShowing: controls.isSlateWanted,
      switches: [...switches],
      ...observed,
    });
    const run = () => observe(told({ status: "RUNNING", health: "OK", reason: null }));
    const fail = (reason: string) => observe(told({ status: "FAILED", health: "ERROR", reason }));
    failures.set(launch.sessionId, fail);
    observers.set(launch.sessionId, (more) => {
      observed = { ...observed, ...more };
      run();
    });
    run();
    return {
      control(next: SessionControls) {
        const { number, toPath, actor } = next.switch;
        const isSwitched = number > controls.switch.number && toPath !== null && toPath !== path;
        const hasChanged = isSwitched || next.isSlateWanted !== controls.isSlateWanted;
        if (isSwitched) {
          const at = new Date().toISOString();
          switches.push({ id: newIdentifier("inputswitch"), at, fromPath: path, toPath, reason: "MANUAL", actor });
          path = toPath;
        }
        controls = next;
        if (hasChanged) run();
      },
      telemetry: () => script.tells,
      async stop() {
        if (failures.get(launch.sessionId) === fail) failures.delete(launch.sessionId);
        await new Promise((resolve) => setTimeout(resolve, stopMilliseconds));
      },
    };
  }
  return script;
}
