import { setImmediate } from "node:timers/promises";

/** Items that are completed in one go: well under a millisecond of work for plain types. */
const SLICE_SIZE = 500;

/**
 * A long list for a resolver to answer with. GraphQL completes a list in one go, and other requests would wait for tens of thousands
 * of items; promises that are kept slice by slice let them in between.
 */
export function inSlices<Item>(items: readonly Item[]): readonly (Item | Promise<Item>)[] {
  if (items.length <= SLICE_SIZE) return items;
  const slices: Promise<void>[] = [];
  return items.map((item, index) => {
    const slice = Math.floor(index / SLICE_SIZE);
    slices[slice] ??= (slices[slice - 1] ?? Promise.resolve()).then(() => setImmediate());
    return slices[slice].then(() => item);
  });
}
