import type { InputPath, SwitchReason } from "../sessions/session.rules.ts";
import type { FailoverSettings, SessionControls } from "./runner.ts";

/** What a path is seen to do at one moment. */
export interface PathView {
  /** Since when the output could be made of it without a break, in milliseconds; null while it cannot. */
  readonly usableSince: number | null;
  /** Bytes arrive, though perhaps nobody knows yet what they are. */
  readonly isArriving: boolean;
  /** Percent of packets lost or damaged in the last 30 s; null where that cannot be told. */
  readonly errorPercent: number | null;
}
export type PathViews = Readonly<Record<InputPath, PathView>>;

export interface SwitchDecision {
  readonly fromPath: InputPath;
  readonly toPath: InputPath;
  readonly reason: SwitchReason;
  readonly actor: string | null;
}

/** At the start path A gets so long to connect before path B is taken; longer when it arrives and is being looked at. */
export const CONNECT_GRACE_MILLISECONDS = 4_000;
export const ARRIVAL_GRACE_MILLISECONDS = 12_000;
/** Between a switch and the next one for a loss: of two paths that both flutter, neither is chased. */
export const LOSS_DWELL_MILLISECONDS = 2_000;
/** The same for errors, which are counted over 30 s: what the window holds of before must not count twice. */
export const ERROR_DWELL_MILLISECONDS = 30_000;
/** A path that an operator switched to gets so long to come, however dead it is. */
export const MANUAL_GRACE_MILLISECONDS = 5_000;
/** Path A has to flow without a break and below the threshold for so long before it is taken back. */
export const VERIFICATION_MILLISECONDS = 5_000;

export interface Failover {
  readonly activePath: () => InputPath;
  /** When it next tries to go back to path A; null when it does not. */
  readonly nextRecoveryAt: () => number | null;
  /** To be called several times a second. Gives the switch that is to be made now, and counts it as made. `now` is monotonic, in milliseconds. */
  readonly step: (now: number, views: PathViews, wanted: SessionControls["switch"]) => SwitchDecision | null;
}

export interface FailoverOptions {
  readonly settings: FailoverSettings;
  readonly startedAt: number;
  /** A wish of this number or a lower one is done. */
  readonly doneSwitchNumber: number;
}

/**
 * Which of two paths the output is made of:
 *
 *   ON A                begins here. Goes to B when A is lost, or over the error threshold with B below it
 *   ON B                the same the other way round; and, unless it is to remain, tries to go back to A an interval after the switch
 *   VERIFYING (on B)    A has to be without fault all the while: then RECOVERY to A, else ON B for another interval
 *
 * A wish of an operator is done at once from anywhere, even to a dead path: that one is then left only after it has flowed, or after
 * a grace. When both paths are bad everything stays. After any switch the next automatic one waits for a dwell.
 */
export function createFailover({ settings, startedAt, doneSwitchNumber }: FailoverOptions): Failover {
  const { errorThresholdPercent: threshold } = settings;
  const interval = settings.recoveryIntervalSeconds === -1 ? null : settings.recoveryIntervalSeconds * 1_000;
  let active: InputPath = "A";
  let done = doneSwitchNumber;
  let switchedAt = -Infinity;
  let hasStarted = false;
  let graceUntil = -Infinity;
  let recoveryAt: number | null = null;
  let verifyingSince: number | null = null;

  const isOver = ({ errorPercent }: PathView): boolean => threshold !== null && errorPercent !== null && errorPercent > threshold;

  function scheduleRecovery(now: number): void {
    recoveryAt = active === "B" && interval !== null ? now + interval : null;
    verifyingSince = null;
  }

  function make(now: number, reason: SwitchReason, actor: string | null = null): SwitchDecision {
    const fromPath = active;
    active = otherPath(active);
    hasStarted = true;
    switchedAt = now;
    graceUntil = -Infinity;
    scheduleRecovery(now);
    return { fromPath, toPath: active, reason, actor };
  }

  function obey(now: number, views: PathViews, { number, toPath, actor }: SessionControls["switch"]): SwitchDecision | null {
    if (number <= done) return null;
    done = number;
    if (toPath === null) return null;
    if (toPath === active) {
      // Who asks for the path that is on wants to stay there for now.
      scheduleRecovery(now);
      return null;
    }
    const decision = make(now, "MANUAL", actor);
    if (views[toPath].usableSince === null) graceUntil = now + MANUAL_GRACE_MILLISECONDS;
    return decision;
  }

  function isLost(now: number, view: PathView): boolean {
    if (view.usableSince !== null || now < graceUntil) return false;
    return hasStarted || now - startedAt >= (view.isArriving ? ARRIVAL_GRACE_MILLISECONDS : CONNECT_GRACE_MILLISECONDS);
  }

  function verify(now: number, { usableSince, ...view }: PathView): SwitchDecision | null {
    if (recoveryAt === null || now < recoveryAt) return null;
    verifyingSince ??= now;
    const isFaulty = usableSince === null || usableSince > verifyingSince || isOver({ usableSince, ...view });
    if (isFaulty) {
      scheduleRecovery(now);
      return null;
    }
    return now - verifyingSince >= VERIFICATION_MILLISECONDS ? make(now, "RECOVERY") : null;
  }

  return {
    activePath: () => active,
    nextRecoveryAt: () => recoveryAt,
    step(now, views, wanted) {
      const manual = obey(now, views, wanted);
      if (manual) return manual;
      const [current, other] = [views[active], views[otherPath(active)]];
      if (current.usableSince !== null) {
        hasStarted = true;
        graceUntil = -Infinity;
      }
      const isOtherUsable = other.usableSince !== null;
      const dwelt = now - switchedAt;
      if (isOtherUsable && dwelt >= LOSS_DWELL_MILLISECONDS && isLost(now, current)) return make(now, "INPUT_LOST");
      const isWorse = current.usableSince !== null && isOver(current) && isOtherUsable && !isOver(other);
      if (isWorse && dwelt >= ERROR_DWELL_MILLISECONDS) return make(now, "ERROR_THRESHOLD");
      return verify(now, views.A);
    },
  };
}

export function otherPath(path: InputPath): InputPath {
  return path === "A" ? "B" : "A";
}
