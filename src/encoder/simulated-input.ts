import type { InputPath } from "../sessions/session.rules.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { SWITCHES_TOLD, type Observation, type SessionControls, type SessionLaunch, type SwitchObservation } from "./runner.ts";

/** The input of a simulated session, which goes where it is asked to. */
export interface SimulatedInput {
  readonly activePath: () => InputPath;
  /** Does what is asked for now; whether that changed anything. */
  readonly control: (controls: SessionControls) => boolean;
  readonly observed: (status: Observation["status"]) => Pick<Observation, "activePath" | "isSlateShowing" | "switches">;
}

export function createSimulatedInput(launch: SessionLaunch): SimulatedInput {
  let path: InputPath = "A";
  let done = launch.controls;
  let switches: readonly SwitchObservation[] = [];

  function goTo(toPath: InputPath, actor: string | null): void {
    const made = {
      id: newIdentifier("inputswitch"),
      at: new Date().toISOString(),
      fromPath: path,
      toPath,
      reason: "MANUAL",
      actor,
    } as const;
    switches = [...switches, made].slice(-SWITCHES_TOLD);
    path = toPath;
  }

  return {
    activePath: () => path,
    control(controls) {
      const { number, toPath, actor } = controls.switch;
      const isSwitched = number > done.switch.number && toPath !== null && toPath !== path;
      const hasChanged = isSwitched || controls.isSlateWanted !== done.isSlateWanted;
      if (isSwitched) goTo(toPath, actor);
      done = controls;
      return hasChanged;
    },
    observed: (status) => ({ activePath: path, isSlateShowing: done.isSlateWanted && status === "RUNNING", switches }),
  };
}
