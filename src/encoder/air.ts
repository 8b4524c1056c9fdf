import type { OnAir } from "../sessions/session.rules.ts";
import { markOnAir } from "./live-directory.ts";
import type { LiveShow, Observation, SessionControls, SessionLaunch } from "./runner.ts";

export interface AirOptions {
  readonly launch: SessionLaunch;
  readonly mediaRoot: string;
  /** Of its HTTP outputs. */
  readonly tokens: readonly string[];
  /** Lets the encoder that runs end in order. */
  readonly retire: () => Promise<void>;
  /** Removes what there is to play. */
  readonly forgetOutput: () => Promise<void>;
  /** Ends what is made of the run so far, and makes what this one wants; null: nothing of what is encoded is kept. */
  readonly enter: (show: LiveShow | null) => Promise<void>;
  /** Begins to encode what arrives, if anything does. */
  readonly begin: () => void;
  /** What failed is not tried again yet. */
  readonly isResting: () => boolean;
}

/** What is seen of a session of an event that does not encode; with the fault that keeps it from doing so, as a sentence, or null. */
export function offAir({ outputs }: SessionLaunch, fault: string | null): Observation {
  const fine = { status: "WAITING", health: "OK", reason: "The event is not on air." } as const;
  const what = fault === null ? fine : ({ status: "WAITING", health: "ERROR", reason: fault } as const);
  return { ...what, playbacks: outputs.map(({ playbackId }) => ({ playbackId, ...what })) };
}

/**
 * Whether a session of an event encodes, and for whom:
 *
 *   OFF        its paths are open and nothing is encoded, so that both signals can be connected beforehand
 *   TEST       it encodes, and what it makes is marked as private: the origin does not serve it
 *   LIVE       it encodes for everybody
 *   CHANGING   between two of them, nothing is encoded and everything that was made is removed: what was tested never shows in what is
 *              live, nor in what is recorded of it. Where a part of that fails, all of it is done again, even where what was before is
 *              wanted again by then: half of it may be gone
 *
 * A session of no event encodes whenever it runs.
 */
export class Air {
  readonly #options: AirOptions;
  #wanted: SessionControls["event"];
  #applied: OnAir | "CHANGING" | null;

  constructor(options: AirOptions) {
    this.#options = options;
    this.#wanted = options.launch.controls.event;
    this.#applied = this.#wanted?.onAir ?? null;
  }

  /** Whether it encodes. */
  get isOn(): boolean {
    return this.#applied !== "OFF" && !this.isChanging;
  }

  /** Whether it is between two of them, which lasts where something fails. */
  get isChanging(): boolean {
    return this.#applied === "CHANGING";
  }

  control({ event }: SessionControls): void {
    this.#wanted = event;
  }

  /** To be called several times a second, never again before it is done; tells whether it changed what is done. */
  async align(): Promise<boolean> {
    const { onAir: wanted = null, show = null } = this.#wanted ?? {};
    if (wanted === this.#applied || (this.isChanging && this.#options.isResting())) return false;
    const { mediaRoot, tokens, retire, forgetOutput, enter, begin } = this.#options;
    this.#applied = "CHANGING";
    await retire();
    await forgetOutput();
    await enter(show);
    // Before anything is made that players could have.
    for (const token of tokens) markOnAir(mediaRoot, token, wanted);
    this.#applied = wanted;
    if (this.isOn) begin();
    return true;
  }
}
