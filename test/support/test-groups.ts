import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What starts a process of a test's own: media in real time, the product, another PostgreSQL. */
const STARTERS: ReadonlySet<string> = new Set(["test/support/tied.ts", "test/support/own-postgres.ts"]);

export interface TestGroups {
  /** Files whose tests start processes: these take the cores in real time, and what comes late is lost. */
  readonly withProcesses: readonly string[];
  /** All others: nothing but this process works in them, and PostgreSQL. */
  readonly withoutProcesses: readonly string[];
}

/** Tells the test files apart by what they import, within `test`, so that none has to be listed. */
export function findTestGroups(): TestGroups {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join("test", file));
  const starts = new Map<string, boolean>();
  const isStarting = (file: string): boolean => {
    const known = starts.get(file);
    if (known !== undefined) return known;
    starts.set(file, STARTERS.has(file));
    const found = STARTERS.has(file) || importsOf(file).some(isStarting);
    starts.set(file, found);
    return found;
  };
  return { withProcesses: files.filter(isStarting), withoutProcesses: files.filter((file) => !isStarting(file)) };
}

function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/ from "(\.[^"]+)"/g)]
    .map(([, path = ""]) => join(dirname(file), path))
    .filter((path) => path.startsWith("test/") && existsSync(path));
}
