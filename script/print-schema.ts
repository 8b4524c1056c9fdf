import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse, validate } from "graphql";
import { PERSISTED_OPERATIONS_FILE } from "../src/graphql/persisted-operations.ts";
import { toManifest } from "../src/graphql/persisted-operations.rules.ts";
import { headendSchema, printHeadendSchema } from "../src/graphql/schema.ts";

// Prints the schema, and the list of schema/operations by their hashes; with --check, only says whether what is committed is what the code makes.
const root = new URL("../", import.meta.url);
const schema = headendSchema();

function manifest(): string {
  const directory = new URL("schema/operations/", root);
  const names = readdirSync(directory).filter((name) => name.endsWith(".graphql"));
  const documents = names.toSorted().map((name) => parse(readFileSync(new URL(name, directory), "utf8")));
  const made = toManifest(documents);
  for (const { name, body } of made.operations) {
    const [error] = validate(schema, parse(body));
    if (error) throw new Error(`The operation ${name} does not fit the schema: ${error.message}`);
  }
  return `${JSON.stringify(made, null, 2)}\n`;
}

const printed = {
  "schema/schema.graphql": printHeadendSchema(schema),
  [PERSISTED_OPERATIONS_FILE]: manifest(),
};
for (const [file, text] of Object.entries(printed)) {
  const url = new URL(file, root);
  if (!process.argv.includes("--check")) writeFileSync(url, text);
  else if (readFileSync(url, "utf8") !== text) {
    console.error(`${file} is not what the code makes. Run \`npm run schema:print\` and commit the result.`);
    process.exitCode = 1;
  }
}
