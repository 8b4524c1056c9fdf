import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What takes its time from the clock: media, and clients that measure a gateway while its database is away. */
const IN_REAL_TIME: ReadonlySet<string> = new Set(["test/support/media.ts", "test/faults/subscribers.ts"]);

export interface TestGroups {
  /** Files whose tests play media in real time, or the like: what comes late there is lost. */
  readonly inRealTime: readonly string[];
  /** All others: they take as long as they take. */
  readonly inTheirTime: readonly string[];
}

/** Tells the test files apart by what they import, within `test`, so that none has to be listed. */
export function findTestGroups(): TestGroups {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join("test", file));
  const known = new Map<string, boolean>([...IN_REAL_TIME].map((file) => [file, true]));
  const isInRealTime = (file: string): boolean => {
    const before = known.get(file);
    if (before !== undefined) return before;
    // Of files that import each other in a circle the first one finds out.
    known.set(file, false);
    known.set(file, importsOf(file).some(isInRealTime));
    return known.get(file) === true;
  };
  return { inRealTime: files.filter(isInRealTime), inTheirTime: files.filter((file) => !isInRealTime(file)) };
}

function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/ from "(\.[^"]+)"/g)]
    .map(([, path = ""]) => join(dirname(file), path))
    .filter((path) => path.startsWith("test/") && existsSync(path));
}
