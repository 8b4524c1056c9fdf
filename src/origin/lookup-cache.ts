/** What was found under a key, and when it is asked for anew. */
interface Entry<Value> {
  readonly value: Value | null;
  readonly until: number;
  readonly objectIds: readonly string[];
}

interface Reading<Value> {
  answer: Promise<Value | null>;
  /** Objects that have changed since it began. */
  readonly changed: Set<string>;
  /** Changes were missed since it began. */
  isVoid: boolean;
}

export interface LookupCacheOptions<Value> {
  /** Null when there is nothing under the key. */
  readonly read: (key: string) => Promise<Value | null>;
  /** Objects whose changes make what was found wrong. */
  readonly objectsOf: (value: Value) => readonly string[];
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** What lives behind the addresses that players open, in memory: however many ask, the database is asked once in a while. */
export interface LookupCache<Value> {
  /** Throws when the database is away and nothing was known of the key. */
  readonly get: (key: string) => Promise<Value | null>;
  /** An object has changed: what was found of it is asked for anew. */
  readonly forget: (objectId: string) => void;
  /** Changes were missed: everything is asked for anew. */
  readonly forgetAll: () => void;
}

/** What changes is forgotten as it does; this is for what no change tells of. */
const FOUND_MILLISECONDS = 10_000;
/** What is not there may come, and nobody knows yet of which change. */
const MISSING_MILLISECONDS = 1_000;
const ENTRY_LIMIT = 10_000;

export function createLookupCache<Value>({
  read,
  objectsOf,
  now = () => performance.now(),
}: LookupCacheOptions<Value>): LookupCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  const keysOf = new Map<string, Set<string>>();
  /** Reads that are under way. */
  const underWay = new Map<string, Reading<Value>>();

  function drop(key: string): void {
    for (const id of entries.get(key)?.objectIds ?? []) {
      const keys = keysOf.get(id);
      keys?.delete(key);
      if (keys?.size === 0) keysOf.delete(id);
    }
    entries.delete(key);
  }

  function keep(key: string, entry: Entry<Value>): void {
    drop(key);
    entries.set(key, entry);
    for (const id of entry.objectIds) keysOf.set(id, (keysOf.get(id) ?? new Set()).add(key));
    const [oldest] = entries.keys();
    if (entries.size > ENTRY_LIMIT && oldest !== undefined) drop(oldest);
  }

  async function look(key: string, reading: Reading<Value>): Promise<Value | null> {
    const value = await read(key);
    const objectIds = value === null ? [] : objectsOf(value);
    // What changed while it was read may be older in this answer.
    const isOld = reading.isVoid || objectIds.some((id) => reading.changed.has(id));
    const milliseconds = isOld ? 0 : value === null ? MISSING_MILLISECONDS : FOUND_MILLISECONDS;
    keep(key, { value, until: now() + milliseconds, objectIds });
    return value;
  }

  return {
    async get(key) {
      const known = entries.get(key);
      if (known && known.until > now()) return known.value;
      const before = underWay.get(key);
      if (before) return before.answer;
      const reading: Reading<Value> = { changed: new Set(), isVoid: false, answer: Promise.resolve(null) };
      underWay.set(key, reading);
      reading.answer = look(key, reading)
        // While the database is away, what was known last holds.
        .catch((error: unknown) => {
          if (known) return known.value;
          throw error;
        })
        .finally(() => underWay.delete(key));
      return reading.answer;
    },
    forget(objectId) {
      for (const key of [...(keysOf.get(objectId) ?? [])]) drop(key);
      for (const { changed } of underWay.values()) changed.add(objectId);
    },
    forgetAll() {
      for (const key of [...entries.keys()]) drop(key);
      for (const reading of underWay.values()) reading.isVoid = true;
    },
  };
}
