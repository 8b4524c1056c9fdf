/**
 * A set of so many rows is read and edited in so many parts, each of them by a statement of its own: on a machine with a load of 9, PostgreSQL took 2.6 s to
 * edit 20,000 sessions at once, and above that ended it for the 4 s that a statement may take. The parts are always as many, so that the
 * number of statements stays fixed; a longer timeout would hold the locks and the caller as long, and keep a stuck statement alive.
 */
const LARGE_COUNT = 1_000;
const PARTS = 4;

/** The parts of a large set in their order, or the whole of a small one. */
export function partsOfLargeSet<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < LARGE_COUNT) return [items];
  const size = Math.ceil(items.length / PARTS);
  return Array.from({ length: PARTS }, (_, part) => items.slice(part * size, (part + 1) * size));
}
