import { OutputType } from "../playbacks/playback.rules.ts";
import { InputType } from "../sessions/session.rules.ts";
import { AudioCodec, VideoCodec } from "../templates/template.rules.ts";
import type { SupportedTypes } from "./encoder.rules.ts";
import { offAir } from "./air.ts";
import type { Observation, SessionRunner, StartRunner } from "./runner.ts";
import { createSimulatedInput } from "./simulated-input.ts";
import { simulateTelemetry } from "./simulated-telemetry.ts";
import { simulatedSteps, stopMilliseconds } from "./simulator.script.ts";

/** A simulated encoder "runs" every type there is. */
export const SIMULATED_CAPABILITIES: SupportedTypes = {
  supportedInputs: Object.values(InputType),
  supportedOutputs: Object.values(OutputType),
  supportedVideoCodecs: Object.values(VideoCodec),
  supportedAudioCodecs: Object.values(AudioCodec),
  missing: [],
};

export interface SimulatorOptions {
  /** How much faster than real time its clock runs; 1 when left out. */
  readonly speed?: number;
}

/** So many sessions of one simulator tell telemetry. */
const TELLING_LIMIT = 500;

/**
 * The simulator: runs no media, and goes through the same states as a real encoder on a clock, for work on frontends and for loads of
 * thousands of sessions. STARTING at once, WAITING for a moment for push inputs, RUNNING after 0.7 s, STOPPED 0.2 s after a stop.
 * It switches and shows slates as it is asked to; of processes it tells nothing, and makes no assets. Plausible telemetry is told of at most 500 of its sessions, those that were started
 * first, so that thousands stay cheap. A label `simulate:NAME` asks for a fault; `SIMULATED_FAULTS` says which there are.
 */
export function createSimulatedRunner({ speed = 1 }: SimulatorOptions = {}): StartRunner {
  const wheel = createTimerWheel();
  const telling = new Set<object>();

  return (launch, observe): SessionRunner => {
    const steps = simulatedSteps(launch);
    const input = createSimulatedInput(launch);
    const startedAt = new Date();
    let last: Observation | null = null;
    let cancel = (): void => undefined;
    let stopped: Promise<void> | null = null;
    if (telling.size < TELLING_LIMIT) telling.add(steps);

    let isOffAir = launch.controls.event?.onAir === "OFF";

    function tell(observation: Observation): void {
      last = observation;
      const seen = isOffAir && observation.status === "RUNNING" ? offAir(launch, null) : observation;
      observe({ ...seen, ...input.observed(seen.status) });
    }

    function advance(): void {
      const { value: step, done } = steps.next();
      if (done || step === undefined) return;
      cancel = wheel.after(step.afterMilliseconds / speed, () => {
        tell(step.observation);
        if (stopped === null) advance();
      });
    }

    advance();
    return {
      stop() {
        telling.delete(steps);
        stopped ??= new Promise((resolve) => {
          cancel();
          wheel.after(stopMilliseconds(launch.labels) / speed, resolve);
        });
        return stopped;
      },
      control(controls) {
        const wasOffAir = isOffAir;
        isOffAir = controls.event?.onAir === "OFF";
        const isOther = input.control(controls) || isOffAir !== wasOffAir;
        if (isOther && last !== null && stopped === null) tell(last);
      },
      telemetry: () =>
        last !== null && telling.has(steps)
          ? simulateTelemetry({ launch, observation: last, activePath: input.activePath(), startedAt }, new Date())
          : null,
    };
  };
}

const WHEEL_TICK_MILLISECONDS = 50;

interface TimerWheel {
  /** Calls once, up to 50 ms late; gives the function that takes it back. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

/** One timer for all sessions of a simulator, which runs only while something is due. */
function createTimerWheel(): TimerWheel {
  const slots = new Map<number, Set<() => void>>();
  const start = performance.now();
  let lastTick = 0;
  let timer: NodeJS.Timeout | null = null;

  const currentTick = (): number => Math.floor((performance.now() - start) / WHEEL_TICK_MILLISECONDS);

  function turn(): void {
    for (const end = currentTick(); lastTick < end;) {
      lastTick += 1;
      const due = slots.get(lastTick);
      slots.delete(lastTick);
      due?.forEach((call) => call());
    }
    if (slots.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    after(milliseconds, call) {
      if (timer === null) {
        lastTick = currentTick();
        timer = setInterval(turn, WHEEL_TICK_MILLISECONDS).unref();
      }
      const tick = Math.max(lastTick + 1, currentTick() + Math.ceil(milliseconds / WHEEL_TICK_MILLISECONDS));
      const slot = slots.get(tick) ?? new Set();
      slots.set(tick, slot.add(call));
      return () => slot.delete(call);
    },
  };
}
