import DataLoader from "dataloader";
import type { Context } from "../access/context.ts";

/** Most keys of one statement. */
const BATCH_SIZE_LIMIT = 1_000;

/**
 * How one kind of thing is read by its keys, all keys of one tick in one statement. A feature exports it once:
 *
 *     export const templateLoader = defineLoader("templates", async (context, ids) => { … });
 *
 * and its resolvers ask `context.loaders.of(templateLoader).load(id)`.
 */
export interface LoaderDefinition<Value> {
  readonly name: string;
  /** One value per key, in the keys' order; null for what is not there or belongs to another organization. */
  readonly read: (context: Context, keys: readonly string[]) => Promise<readonly (Value | null)[]>;
}

export function defineLoader<Value>(name: string, read: LoaderDefinition<Value>["read"]): LoaderDefinition<Value> {
  return { name, read };
}

/** Helps a loader to answer in the keys' order. */
export function inOrderOf<Row, Value>(
  keys: readonly string[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  value: (row: Row) => Value,
): (Value | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => {
    const row = byKey.get(key);
    return row === undefined ? null : value(row);
  });
}

/** The loaders of one request, or of one item of a subscription: what was read once is not read again. */
export interface Loaders {
  readonly of: <Value>(definition: LoaderDefinition<Value>) => DataLoader<string, Value | null>;
}

export function createLoaders(context: Context): Loaders {
  const loaders = new Map<LoaderDefinition<unknown>, DataLoader<string, unknown>>();
  return {
    of<Value>(definition: LoaderDefinition<Value>) {
      const known = loaders.get(definition) as DataLoader<string, Value | null> | undefined;
      if (known) return known;
      const loader = new DataLoader<string, Value | null>((keys) => definition.read(context, keys), { maxBatchSize: BATCH_SIZE_LIMIT });
      loaders.set(definition, loader);
      return loader;
    },
  };
}
