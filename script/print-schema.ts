import { readFileSync, writeFileSync } from "node:fs";
import { buildHeadendSchema, printHeadendSchema } from "../src/graphql/schema.ts";

// Prints the schema to schema/schema.graphql; with --check, only says whether what is committed is what the code makes.
const file = new URL("../schema/schema.graphql", import.meta.url);
const printed = printHeadendSchema(buildHeadendSchema());
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== printed) {
    console.error("schema/schema.graphql is not what the code makes. Run `npm run schema:print` and commit the result.");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, printed);
}
