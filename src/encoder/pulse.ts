/** Calls many again and again, all of them at the same moments. */
export interface Pulse {
  /** Calls from now on at every beat; the function that is given back ends that. */
  readonly follow: (onBeat: () => void) => () => void;
}

/**
 * One timer for all who follow: with one for each, a machine with many sessions woke up a hundred times a second for what it can do in five.
 * Nothing ticks while nobody follows.
 */
export function createPulse(everyMilliseconds: number): Pulse {
  const followers = new Set<() => void>();
  let timer: NodeJS.Timeout | null = null;

  function beat(): void {
    // Whoever begins to follow within a beat has the next one first.
    for (const follow of [...followers]) if (followers.has(follow)) follow();
  }

  function leave(follower: () => void): void {
    followers.delete(follower);
    if (followers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    follow(onBeat) {
      const follower = (): void => onBeat();
      followers.add(follower);
      timer ??= setInterval(beat, everyMilliseconds);
      return () => leave(follower);
    },
  };
}
