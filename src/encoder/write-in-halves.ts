import { isRefusedInput } from "../database/sql-state.ts";

/** Most transactions that one call spends on finding what the database refuses; the next call goes on. */
const REFUSAL_LIMIT = 64;

export interface HalvedWrite<Item> {
  /** Writes all of them in one transaction. */
  readonly write: (items: readonly Item[]) => Promise<void>;
  /** Told of the one that the database refuses for itself. */
  readonly onRefused: (item: Item, error: unknown) => void;
}

/**
 * Writes items together; where the database refuses that, in halves of it, until the one that it refuses stands alone, so that nothing
 * holds up the others. Throws when the database is away.
 */
export async function writeInHalves<Item>(items: readonly Item[], { write, onRefused }: HalvedWrite<Item>): Promise<void> {
  const batches = [items];
  let refusals = 0;
  for (let batch = batches.pop(); batch && refusals < REFUSAL_LIMIT; batch = batches.pop()) {
    try {
      await write(batch);
    } catch (error) {
      if (!isRefusedInput(error)) throw error;
      refusals += 1;
      const [first] = batch;
      if (batch.length > 1) batches.push(batch.slice(batch.length / 2), batch.slice(0, batch.length / 2));
      else if (first) onRefused(first, error);
    }
  }
}
