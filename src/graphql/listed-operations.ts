import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Kind, parse } from "graphql";
import { packageRoot } from "../shared/package.ts";

/** Names of the operations in `schema/operations`, which frontends are built from; none where an installation leaves them out. */
export function listedOperationNames(): ReadonlySet<string> {
  const directory = join(packageRoot(), "schema", "operations");
  if (!existsSync(directory)) return new Set();
  const files = readdirSync(directory).filter((name) => name.endsWith(".graphql"));
  const definitions = files.flatMap((name) => parse(readFileSync(join(directory, name), "utf8")).definitions);
  return new Set(definitions.flatMap((each) => (each.kind === Kind.OPERATION_DEFINITION && each.name ? [each.name.value] : [])));
}
