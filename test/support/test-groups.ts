import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What plays media, and clients that measure a gateway whose database is away. */
const IN_REAL_TIME: readonly string[] = ["test/support/media.ts", "test/faults/subscribers.ts"];

export interface TestGroups {
  /** Files whose tests play media, or measure what others do for seconds: what comes late there is lost. */
  readonly inRealTime: readonly string[];
  /** All others. */
  readonly inTheirTime: readonly string[];
}

/** Tells the test files apart by what they import, within `test`, so that none has to be listed. */
export function findTestGroups(): TestGroups {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join("test", file));
  const importsOf = new Map<string, readonly string[]>();
  const isInRealTime = (file: string): boolean => {
    const reached = new Set([file]);
    for (const each of reached) {
      const imports = importsOf.get(each) ?? readImports(each);
      importsOf.set(each, imports);
      for (const name of imports) reached.add(name);
    }
    return IN_REAL_TIME.some((name) => reached.has(name));
  };
  return { inRealTime: files.filter(isInRealTime), inTheirTime: files.filter((file) => !isInRealTime(file)) };
}

function readImports(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/(?: from|^import) "(\.[^"]+)"/gm)]
    .map(([, path = ""]) => join(dirname(file), path))
    .filter((path) => path.startsWith("test/") && existsSync(path));
}
