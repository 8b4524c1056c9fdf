import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { getNamedType, isObjectType, Kind, parse, validate, type GraphQLObjectType, type SelectionSetNode } from "graphql";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../src/commands/commands.ts";
import { SIMULATED_FAULTS } from "../src/encoder/simulator.script.ts";
import { ENVIRONMENT_VARIABLES } from "../src/environment.ts";
import { ERROR_STATUS } from "../src/graphql/errors.ts";
import { headendSchema } from "../src/graphql/schema.ts";
import { packageRoot } from "../src/shared/package.ts";
import { askedDocuments, codeWords, headingAnchors, localLinks, PAGES, README, readPage } from "./support/pages.ts";

const { scripts } = JSON.parse(readPage("package.json").text) as { readonly scripts: Record<string, string> };
const schema = headendSchema();

/** The cells of all table rows whose first cell begins so, without the space around them. */
function tableRows(path: string, firstCell: RegExp): readonly (readonly string[])[] {
  return readPage(path)
    .text.split("\n")
    .filter((line) => line.startsWith("| "))
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map(([, ...cells]) => cells)
    .filter(([first = ""]) => firstCell.test(first));
}

describe("the README", () => {
  it("is short", () => {
    expect(README.text.length).toBeLessThan(14_000);
  });

  it("has the two commands", () => {
    for (const command of ["./script/setup && npm start", "./script/setup && npm test"]) expect(README.text).toContain(command);
  });

  it("leads to every other page", () => {
    const others = PAGES.filter((page) => page !== README).map(({ path }) => path);
    expect(localLinks(README)).toEqual(expect.arrayContaining(others));
  });
});

describe("the settings", () => {
  it("have a row each, with its default, its values and its meaning, and none besides", () => {
    const cells = tableRows("docs/settings.md", /^`[A-Z][A-Z0-9_]+`$/);
    expect(cells.map(([name]) => name)).toEqual(ENVIRONMENT_VARIABLES.map(({ name }) => `\`${name}\``));
    for (const [place, { name, fallback, allowed, meaning }] of ENVIRONMENT_VARIABLES.entries()) {
      const [, shownFallback, shownAllowed, shownMeaning] = cells[place] ?? [];
      if (name !== "HEADEND_ENCODER_NAME") expect(shownFallback).toBe(fallback ? `\`${fallback}\`` : "");
      expect(shownAllowed).toBe(allowed);
      expect(shownMeaning).toBe(meaning);
    }
  });

  it("that stand anywhere are settings", () => {
    const known = new Set(ENVIRONMENT_VARIABLES.map(({ name }) => name));
    const named = PAGES.flatMap(({ path, text }) => [...text.matchAll(/\bHEADEND_[A-Z0-9_]+/g)].map(([name]) => ({ path, name })));
    expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
  });
});

describe("the codes of errors", () => {
  it("stand in a list of all of them", () => {
    const [, section = ""] = /^## Errors[^\n]*\n([\s\S]*?)^## /m.exec(readPage("docs/integrating.md").text) ?? [];
    const codes = Object.keys(ERROR_STATUS);
    expect([...section.matchAll(/^(?:`[A-Z_]+` ?)+$/gm)].flatMap(([line]) => [...line.matchAll(/[A-Z_]+/g)].map(([code]) => code))).toEqual(
      codes,
    );
  });
});

describe("the commands", () => {
  it("have a row each, and none besides", () => {
    const rows = tableRows("docs/operating.md", /^`headend /).map(([call = ""]) => call);
    const calls = COMMANDS.map(({ name, parameters }) => ["headend", name, ...parameters].join(" "));
    expect(rows.map((row) => calls.find((call) => row.startsWith(`\`${call}`)))).toEqual(calls);
  });

  it("that stand anywhere are commands, with options that they have", () => {
    const named = PAGES.flatMap((page) => codeWords(page).filter((words) => words.startsWith("headend ") && !/^headend [A-Z]/.test(words)));
    expect(named.length).toBeGreaterThan(COMMANDS.length);
    const wrong = named.filter((words) => {
      const command = COMMANDS.find(({ name }) => `${words} `.startsWith(`headend ${name} `));
      const options = [...words.matchAll(/--([a-z]+)/g)].map(([, option]) => option);
      return !command || !options.every((option) => command.options.some(({ name }) => name === option));
    });
    expect(wrong).toEqual([]);
  });

  it("tell every fault of a simulated encoder", () => {
    const told = tableRows("docs/operating.md", /^`simulate:/).map(([label, what]) => [label, what]);
    expect(told).toEqual(Object.entries(SIMULATED_FAULTS).map(([name, what]) => [`\`simulate:${name}\``, what]));
  });
});

describe.each(PAGES.map((page) => [page.path, page] as const))("%s", (path, page) => {
  it("names scripts that are there", () => {
    const named = [...page.text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("asks what the schema answers", () => {
    for (const document of askedDocuments(page)) expect(validate(schema, parse(document)), document).toEqual([]);
  });

  it("names fields that there are, each of a type that has the field above it", () => {
    const selections = codeWords(page).filter((words) => /^[a-z]\w*(\(.*\))? \{.*\}$|^\{.*\}$/.test(words) && !words.includes('"'));
    expect(selections.filter((words) => !isSelection(words))).toEqual([]);
  });

  it("leads to files and headings that are there", () => {
    expect(localLinks(page).filter((target) => !isThere(path, target))).toEqual([]);
  });
});

describe("what leads to the pages", () => {
  it("leads from other pages to files and headings that are there", () => {
    for (const page of ["bench/README.md", "schema/CHANGES.md"].map(readPage)) {
      expect(localLinks(page).filter((target) => !isThere(page.path, target))).toEqual([]);
    }
  });

  it("leads from what Headend says to files that are there", () => {
    const sources = ["src", "script", "examples"].flatMap((folder) =>
      (readdirSync(join(packageRoot(), folder), { recursive: true }) as string[]).map((name) => `${folder}/${name}`),
    );
    const named = sources
      .filter((source) => /\.(ts|js|mjs)$|setup$/.test(source))
      .flatMap((source) =>
        [...readFileSync(join(packageRoot(), source), "utf8").matchAll(/\bdocs\/[\w-]+\.md/g)].map(([target]) => target),
      );
    expect(named).toContain("docs/settings.md");
    expect(named.filter((target) => !existsSync(join(packageRoot(), target)))).toEqual([]);
  });
});

function isThere(from: string, target: string): boolean {
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(packageRoot(), path))) return false;
  return anchor === undefined || headingAnchors(readPage(path)).includes(anchor);
}

/** Whether fields that stand as `event { sharing { url } }` are fields of types of the schema; `…` stands for others. */
function isSelection(words: string): boolean {
  const text = words.replaceAll("…", "").trim();
  const [operation] = parse(text.startsWith("{") ? text : `{ ${text} }`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return false;
  return Object.values(schema.getTypeMap()).some((type) => isObjectType(type) && hasFields(type, operation.selectionSet));
}

function hasFields(type: GraphQLObjectType, { selections }: SelectionSetNode): boolean {
  return selections.every((selection) => {
    if (selection.kind !== Kind.FIELD) return false;
    const field = type.getFields()[selection.name.value];
    if (!field || !selection.selectionSet) return field !== undefined;
    const inner = getNamedType(field.type);
    return isObjectType(inner) && hasFields(inner, selection.selectionSet);
  });
}
