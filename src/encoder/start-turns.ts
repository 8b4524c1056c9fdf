import { INPUT_TYPE_FACTS } from "../sessions/session.rules.ts";
import type { Logger } from "../shared/log.ts";
import type { Observation, SessionControls, SessionLaunch, SessionRunner, StartRunner } from "./runner.ts";
import { TurnQueue } from "../shared/turn-queue.ts";

export interface StartTurnsOptions {
  readonly startRunner: StartRunner;
  /** So many sessions begin at a time; those that are pushed do not count. */
  readonly limit: number;
  readonly log: Logger;
}

export interface Start {
  readonly launch: SessionLaunch;
  readonly observe: (observation: Observation) => void;
  /** It takes the place of one that ran, whose viewers wait. */
  readonly isUrgent: boolean;
}

/** What has not begun after so long, on a slow machine or of a slow source, holds up nobody else. */
const BEGINNING_MILLISECONDS = 5_000;

/**
 * Starts sessions, so many at a time of those that are pulled:
 *
 *   its turn has not come   nothing runs for it; it is told to be STARTING, and what it waits for
 *   beginning               its runner was started, and has told nothing but STARTING for less than 5 s
 *   begun                   it runs, waits for its input, or has ended: the next one has its turn
 *
 * When 200 of them began at once on two cores, those that ran already fell behind. Never throws: what cannot be started has FAILED.
 */
export function createStartTurns({ startRunner, limit, log }: StartTurnsOptions): (start: Start) => SessionRunner {
  const queue = new TurnQueue<Turn>(limit);

  function proceed(): void {
    for (let turn = queue.next(); turn !== null; turn = queue.next()) turn.begin();
  }

  function leave(turn: Turn): void {
    queue.leave(turn);
    proceed();
  }

  return ({ launch, observe, isUrgent }) => {
    const turn = new Turn({ launch, observe, startRunner, log, onBegun: leave });
    // It takes nothing until somebody sends, who would find nobody listening.
    if (INPUT_TYPE_FACTS[launch.input.type].isPush) turn.begin();
    else {
      queue.ask(turn, isUrgent);
      proceed();
      turn.tellWait();
    }
    return turn;
  };
}

interface TurnOptions extends Omit<StartTurnsOptions, "limit">, Omit<Start, "isUrgent"> {
  /** It holds up others no longer. */
  readonly onBegun: (turn: Turn) => void;
}

class Turn implements SessionRunner {
  readonly #options: TurnOptions;
  #runner: SessionRunner | null = null;
  #hasHadTurn = false;
  #controls: SessionControls | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#hasHadTurn = true;
    this.#timer = setTimeout(() => this.#leave(), BEGINNING_MILLISECONDS).unref();
    try {
      this.#runner = this.#start();
      if (this.#controls) this.#runner.control(this.#controls);
    } catch (error) {
      const { launch, log } = this.#options;
      log.error({ err: error, sessionId: launch.sessionId }, "a runner could not be started");
      this.#observe({ status: "FAILED", health: "ERROR", reason: "The encoder could not be started.", playbacks: [] });
    }
  }

  tellWait(): void {
    if (this.#hasHadTurn) return;
    const { launch, observe } = this.#options;
    const what = { status: "STARTING", health: "OK", reason: "It begins after others that are beginning on its encoder." } as const;
    observe({ ...what, playbacks: launch.outputs.map(({ playbackId }) => ({ playbackId, ...what })) });
  }

  control(controls: SessionControls): void {
    this.#controls = controls;
    this.#runner?.control(controls);
  }

  telemetry(): ReturnType<SessionRunner["telemetry"]> {
    return this.#runner?.telemetry() ?? null;
  }

  async stop(...[end]: Parameters<SessionRunner["stop"]>): Promise<void> {
    this.#leave();
    // One whose turn never came is started to be ended at once, before it runs anything: it clears away what an earlier run left.
    if (!this.#hasHadTurn) this.#runner ??= this.#start();
    await this.#runner?.stop(end);
  }

  #start(): SessionRunner {
    return this.#options.startRunner(this.#options.launch, (observation) => this.#observe(observation));
  }

  #observe(observation: Observation): void {
    if (observation.status !== "STARTING") this.#leave();
    this.#options.observe(observation);
  }

  #leave(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#options.onBegun(this);
  }
}
