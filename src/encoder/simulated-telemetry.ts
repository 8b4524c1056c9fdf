import type { Observation, SessionLaunch } from "./runner.ts";
import type { InputPath } from "../sessions/session.rules.ts";
import type { PathSample, TelemetrySample } from "./telemetry.rules.ts";

/** Plausible input of a contribution feed, in kbit/s. */
const INPUT_KBPS = { least: 4_000, spread: 8_000 } as const;
const DEFAULT_FRAME_RATE = 25;
/** How far numbers sway around what they are. */
const SWAY = 0.04;

/** What is simulated of one session now. */
export interface SimulatedState {
  readonly launch: SessionLaunch;
  readonly observation: Pick<Observation, "status" | "health">;
  readonly activePath: InputPath;
  readonly startedAt: Date;
}

/** What a real encoder in this state would tell: numbers that sway a little, the same for the same session and moment. */
export function simulateTelemetry({ launch, observation, activePath, startedAt }: SimulatedState, now: Date): TelemetrySample {
  const seconds = (now.getTime() - startedAt.getTime()) / 1_000;
  const seed = seedOf(launch.sessionId);
  const isRunning = observation.status === "RUNNING";
  const hasInput = isRunning && observation.health !== "ERROR";
  const isSlow = launch.labels.includes("simulate:slow-encoding");
  const sway = (phase: number): number => 1 + SWAY * Math.sin(seconds / 3 + seed * 7 + phase);
  const rates = launch.outputs.flatMap(({ renditions }) =>
    renditions.flatMap((rendition) => (rendition.isPassthrough ? [] : rendition.frameRate)),
  );
  const speed = isSlow ? 0.85 : 1;
  const pathOf = (path: InputPath): PathSample => {
    const isConnected = path === activePath ? hasInput : isRunning;
    return {
      isConnected,
      lastSeenAt: isConnected ? now.toISOString() : null,
      errorPercent: isConnected ? rounded(Math.max(0, Math.sin(seconds / 20 + seed * 3)) * 0.02) : null,
      bitrateKbps: isConnected ? rounded((INPUT_KBPS.least + INPUT_KBPS.spread * seed) * sway(path === "A" ? 0 : 1)) : null,
    };
  };
  const paths = { A: pathOf("A"), B: pathOf("B") };
  return {
    frameRate: isRunning ? rounded(Math.max(DEFAULT_FRAME_RATE, ...rates) * speed * (1 + (sway(2) - 1) / 20)) : null,
    speed: isRunning ? rounded(speed * (1 + (sway(3) - 1) / 10)) : null,
    bitrateKbps: paths[activePath].bitrateKbps,
    droppedFrames: isRunning ? Math.floor(isSlow ? seconds * 3 : seconds / 600) : null,
    pathA: paths.A,
    pathB: launch.input.failover === null ? null : paths.B,
  };
}

/** 0 to 1, the same for the same id. */
function seedOf(id: string): number {
  return [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 997, 7) / 997;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
