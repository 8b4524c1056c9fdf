import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT_VARIABLES } from "../src/environment.ts";
import { buildHeadendSchema } from "../src/graphql/schema.ts";
import { packageRoot } from "../src/shared/package.ts";

const readme = readFileSync(join(packageRoot(), "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { readonly scripts: Record<string, string> };

describe("the README", () => {
  it("has a row for every variable, with its default, its values and its meaning, and none besides", () => {
    const rows = readme.split("\n").filter((line) => /^\| `[A-Z][A-Z0-9_]+` /.test(line));
    const cells = rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    expect(cells.map(([, name]) => name)).toEqual(ENVIRONMENT_VARIABLES.map(({ name }) => `\`${name}\``));
    for (const [place, { name, fallback, allowed, meaning }] of ENVIRONMENT_VARIABLES.entries()) {
      const [, , shownFallback, shownAllowed, shownMeaning] = cells[place] ?? [];
      if (name !== "HEADEND_ENCODER_NAME") expect(shownFallback).toBe(fallback ? `\`${fallback}\`` : "");
      expect(shownAllowed).toBe(allowed);
      expect(shownMeaning).toBe(meaning);
    }
  });

  it("names scripts and files that are there", () => {
    const named = [...readme.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path ?? "");
    expect(files.filter((path) => !existsSync(join(packageRoot(), path)))).toEqual([]);
  });

  it("asks what the schema answers", () => {
    const schema = buildHeadendSchema();
    const documents = [...readme.matchAll(/^ask '([^']+)'/gm)].map(([, document]) => document ?? "");
    expect(documents.length).toBeGreaterThanOrEqual(6);
    for (const document of documents) expect(validate(schema, parse(document))).toEqual([]);
  });
});
