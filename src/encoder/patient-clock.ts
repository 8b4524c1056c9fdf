/** The clock by which a session judges silence: in milliseconds, monotonic, and it waits for us when we stand still. */
export interface PatientClock {
  readonly now: () => number;
  /** To be called at every tick; tells whether it came so late that nothing may be judged in it. */
  readonly tick: () => boolean;
}

/**
 * From one tick to the next no more than `limitMilliseconds` pass on it. While our event loop stands still, bytes that arrive wait in
 * the kernel: by any other clock their senders would have been silent.
 */
export function createPatientClock(limitMilliseconds: number, measure: () => number = () => performance.now()): PatientClock {
  let measuredAt = measure();
  let shown = measuredAt;
  const now = (): number => shown + Math.min(measure() - measuredAt, limitMilliseconds);
  return {
    now,
    tick() {
      const isLate = measure() - measuredAt > limitMilliseconds;
      shown = now();
      measuredAt = measure();
      return isLate;
    },
  };
}
