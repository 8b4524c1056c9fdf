import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/shared/package.ts";

/** A page of the documentation. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(packageRoot(), path), "utf8") };
}

export const README = readPage("README.md");

/** The README and everything that it is continued in. */
export const PAGES: readonly Page[] = [
  README,
  ...readdirSync(join(packageRoot(), "docs"))
    .toSorted()
    .map((name) => readPage(`docs/${name}`)),
];

/** The operations that a page asks the API, in their order. */
export function askedDocuments({ text }: Page): readonly string[] {
  const asked = [...text.matchAll(/^ask '([^']+)'/gm), ...text.matchAll(/"query":"([^"]+)"/g)];
  return asked.map(([, document]) => document ?? "");
}

/** What stands between single backticks, outside of blocks. */
export function codeWords({ text }: Page): readonly string[] {
  return [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, words]) => words ?? "");
}

/** Headings as the addresses of their sections name them on GitHub. */
export function headingAnchors({ text }: Page): readonly string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Where links within the repository lead, as they are written. */
export function localLinks({ text }: Page): readonly string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, "");
}
