import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLookupCache } from "../../src/origin/lookup-cache.ts";

interface Value {
  readonly objectId: string;
  readonly version: number;
}

/** A cache over a table that the test writes, with a clock that it moves. */
function open(table: Map<string, Value>) {
  let time = 0;
  let reads = 0;
  let isAway = false;
  const waiting: (() => void)[] = [];
  let isHeld = false;
  const cache = createLookupCache<Value>({
    now: () => time,
    objectsOf: ({ objectId }) => [objectId],
    async read(key) {
      reads += 1;
      const value = table.get(key) ?? null;
      if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
      if (isAway) throw new Error("The database is away.");
      return value;
    },
  });
  return {
    cache,
    reads: () => reads,
    pass: (milliseconds: number) => (time += milliseconds),
    away: (value: boolean) => (isAway = value),
    hold: () => (isHeld = true),
    release() {
      isHeld = false;
      waiting.splice(0).forEach((resolve) => resolve());
    },
  };
}

const one = (version: number): Value => ({ objectId: "a", version });

describe("a cache of look-ups", () => {
  it("asks once for all that ask at once, and for what comes in the next seconds", async () => {
    const { cache, reads, pass } = open(new Map([["key", one(1)]]));
    const answers = await Promise.all(Array.from({ length: 100 }, () => cache.get("key")));
    expect(new Set(answers)).toEqual(new Set([one(1)]));
    pass(9_999);
    await cache.get("key");
    expect(reads()).toBe(1);
    pass(1);
    await cache.get("key");
    expect(reads()).toBe(2);
  });

  it("knows for a second that there is nothing", async () => {
    const table = new Map<string, Value>();
    const { cache, reads, pass } = open(table);
    expect(await cache.get("key")).toBeNull();
    table.set("key", one(1));
    pass(999);
    expect(await cache.get("key")).toBeNull();
    expect(reads()).toBe(1);
    pass(1);
    expect(await cache.get("key")).toEqual(one(1));
  });

  it("forgets what has changed, and all of it when changes were missed", async () => {
    const table = new Map([
      ["key", one(1)],
      ["other", { objectId: "b", version: 1 }],
    ]);
    const { cache, reads } = open(table);
    await Promise.all([cache.get("key"), cache.get("other")]);
    table.set("key", one(2));
    cache.forget("a");
    expect(await cache.get("key")).toEqual(one(2));
    await cache.get("other");
    expect(reads()).toBe(3);
    cache.forgetAll();
    await Promise.all([cache.get("key"), cache.get("other")]);
    expect(reads()).toBe(5);
  });

  it.each([
    ["the object", "a", 2],
    ["everything", null, 2],
    ["another object", "b", 1],
  ])("keeps nothing that was read while %s changed", async (_name, changed, reads) => {
    const table = new Map([["key", one(1)]]);
    const test = open(table);
    test.hold();
    const early = test.cache.get("key");
    table.set("key", one(2));
    if (changed === null) test.cache.forgetAll();
    else test.cache.forget(changed);
    test.release();
    expect(await early).toEqual(one(1));
    await test.cache.get("key");
    expect(test.reads()).toBe(reads);
  });

  it("goes on with what it knew while the database is away, and says so of what it does not know", async () => {
    const { cache, pass, away } = open(new Map([["key", one(1)]]));
    await cache.get("key");
    pass(60_000);
    away(true);
    expect(await cache.get("key")).toEqual(one(1));
    await expect(cache.get("other")).rejects.toThrow("away");
    away(false);
    expect(await cache.get("other")).toBeNull();
  });

  it("holds so many at most", async () => {
    const { cache, reads } = open(new Map());
    for (let index = 0; index < 10_001; index += 1) await cache.get(String(index));
    await cache.get("10000");
    expect(reads()).toBe(10_001);
    await cache.get("0");
    expect(reads()).toBe(10_002);
  });

  it("never answers with what was changed before it was asked, whatever the order of changes, reads and time", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("get" as const), key: fc.constantFrom("k1", "k2", "k3") }),
      fc.record({ kind: fc.constant("change" as const), key: fc.constantFrom("k1", "k2", "k3") }),
      fc.record({ kind: fc.constant("pass" as const), key: fc.constant("") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const table = new Map(["k1", "k2", "k3"].map((key) => [key, { objectId: key, version: 0 }]));
        const { cache, pass } = open(table);
        for (const { kind, key } of steps) {
          if (kind === "pass") pass(5_000);
          if (kind === "get") expect(await cache.get(key)).toEqual(table.get(key));
          if (kind === "change") {
            table.set(key, { objectId: key, version: table.get(key)!.version + 1 });
            cache.forget(key);
          }
        }
      }),
    );
  });
});
