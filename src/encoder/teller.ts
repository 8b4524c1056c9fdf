import type { Observation } from "./runner.ts";

export interface TellerOptions {
  readonly observe: (observation: Observation) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Other words for the same are told so often at once, and then once in so long: whoever refuses us may word it anew each time. */
const WORDINGS = { atOnce: 3, everyMilliseconds: 10_000 } as const;

/**
 * Tells what differs from what was told before. What is held back because only its words differ is forgotten: to be given what holds
 * now, again and again.
 */
export function createTeller({ observe, now }: TellerOptions): (observation: Observation) => void {
  let told = "";
  let substance = "";
  let wordings: number = WORDINGS.atOnce;
  let countedAt = now();

  const mayReword = (): boolean => {
    wordings = Math.min(WORDINGS.atOnce, wordings + (now() - countedAt) / WORDINGS.everyMilliseconds);
    countedAt = now();
    if (wordings < 1) return false;
    wordings -= 1;
    return true;
  };

  return (observation) => {
    const text = JSON.stringify(observation);
    if (text === told) return;
    const wordless = JSON.stringify(observation, (key, value: unknown) => (isWording(key) ? undefined : value));
    if (wordless === substance && !mayReword()) return;
    told = text;
    substance = wordless;
    observe(observation);
  };
}

/** The texts for operators; the reason of a switch never changes. */
function isWording(key: string): boolean {
  return key === "reason" || key === "message";
}
