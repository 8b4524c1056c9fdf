import { newIdentifier } from "../shared/identifier.ts";
import type { InputPath } from "../sessions/session.rules.ts";
import { createFailover, type Failover, type PathViews } from "./failover.rules.ts";
import { SWITCHES_TOLD, type Observation, type SessionControls, type SessionLaunch, type SwitchObservation } from "./runner.ts";

/** Chooses the path that a session's output is made of, and remembers every switch. */
export class PathChoice {
  /** Null without failover: then it is path A for ever. */
  readonly #failover: Failover | null;
  #wanted: SessionControls["switch"];
  #switches: readonly SwitchObservation[] = [];
  #nextRecovery: { readonly at: number; readonly text: string } | null = null;

  constructor({ input, controls }: Pick<SessionLaunch, "input" | "controls">, startedAt: number) {
    this.#wanted = controls.switch;
    this.#failover = input.failover && createFailover({ settings: input.failover, startedAt, doneSwitchNumber: controls.switch.number });
  }

  get activePath(): InputPath {
    return this.#failover?.activePath() ?? "A";
  }

  /** What is told of it; times are those of the wall clock. */
  get observation(): Required<Pick<Observation, "activePath" | "nextRecoveryAt" | "switches">> {
    return { activePath: this.activePath, nextRecoveryAt: this.#nextRecovery?.text ?? null, switches: this.#switches };
  }

  control(wanted: SessionControls["switch"]): void {
    this.#wanted = wanted;
  }

  /** To be called several times a second; tells of the switch that is to be made now. */
  step(now: number, views: PathViews): SwitchObservation | null {
    const decision = this.#failover?.step(now, views, this.#wanted) ?? null;
    this.#noteRecovery(now);
    if (!decision) return null;
    const made = { id: newIdentifier("inputswitch"), at: new Date().toISOString(), ...decision };
    this.#switches = [...this.#switches, made].slice(-SWITCHES_TOLD);
    return made;
  }

  /** Written once for each time, since two clocks never agree to the millisecond twice. */
  #noteRecovery(now: number): void {
    const at = this.#failover?.nextRecoveryAt() ?? null;
    if (at === (this.#nextRecovery?.at ?? null)) return;
    this.#nextRecovery = at === null ? null : { at, text: new Date(Date.now() + at - now).toISOString() };
  }
}
