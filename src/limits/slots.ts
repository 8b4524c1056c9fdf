/** So many at a time of each key. */
export interface Slots {
  /** Most of one key; null when there is no limit. */
  readonly limit: number | null;
  /** Takes one and gives the function that gives it back, which does so once; null when all are taken. */
  readonly take: (key: string) => (() => void) | null;
  /** How many of the key are taken. */
  readonly taken: (key: string) => number;
}

export function createSlots(limit: number | null): Slots {
  const counts = new Map<string, number>();
  const taken = (key: string): number => counts.get(key) ?? 0;
  return {
    limit,
    taken,
    take(key) {
      if (limit !== null && taken(key) >= limit) return null;
      counts.set(key, taken(key) + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        if (taken(key) > 1) counts.set(key, taken(key) - 1);
        else counts.delete(key);
      };
    },
  };
}
