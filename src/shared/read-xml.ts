/** An element of XML, its name without a namespace prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** What stands directly in it, blanks at the ends left out. */
  readonly text: string;
}

const DEPTH_LIMIT = 50;
/** The longest manifests of live streams have some thousands. */
const ELEMENT_LIMIT = 40_000;
const ATTRIBUTE = /\s([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads an XML document without DTD, in time linear in its length; null for what is none, or is too much to be a manifest. Entities of a DTD are not known, so that
 * nothing in a document can grow or name a file.
 */
export function readXml(document: string): XmlElement | null {
  const root: OpenElement = { name: "", attributes: {}, children: [], text: "" };
  const open: OpenElement[] = [root];
  let at = 0;
  let elements = 0;
  while (at < document.length) {
    const parent = open.at(-1) ?? root;
    const start = document.indexOf("<", at);
    parent.text += decode(document.slice(at, start < 0 ? document.length : start));
    if (start < 0) break;
    const special = specialAt(document, start);
    if (special) {
      if (special.end < 0) return null;
      parent.text += special.text;
      at = special.end;
      continue;
    }
    const end = tagEnd(document, start);
    if (end < 0) return null;
    const tag = document.slice(start + 1, end);
    at = end + 1;
    if (tag.startsWith("/")) {
      const closed = open.pop();
      if (!closed || closed === root || closed.name !== localName(tag.slice(1).trim())) return null;
      (open.at(-1) ?? root).children.push({ ...closed, text: closed.text.trim() });
      continue;
    }
    const element = { name: localName(/^[^\s/]*/.exec(tag)?.[0] ?? ""), attributes: readAttributes(tag), children: [], text: "" };
    if (tag.endsWith("/")) parent.children.push(element);
    else open.push(element);
    elements += 1;
    if (open.length > DEPTH_LIMIT || elements > ELEMENT_LIMIT) return null;
  }
  return open.length === 1 && root.children.length === 1 ? (root.children[0] ?? null) : null;
}

/** A comment, an instruction, a declaration or raw text, which begin and end in ways of their own. */
function specialAt(document: string, start: number): { readonly end: number; readonly text: string } | null {
  const until = (opening: string, closing: string): { end: number; body: string } => {
    const found = document.indexOf(closing, start + opening.length);
    return { end: found < 0 ? -1 : found + closing.length, body: document.slice(start + opening.length, Math.max(0, found)) };
  };
  if (document.startsWith("<!--", start)) return { end: until("<!--", "-->").end, text: "" };
  if (document.startsWith("<![CDATA[", start)) {
    const { end, body } = until("<![CDATA[", "]]>");
    return { end, text: body };
  }
  if (document.startsWith("<?", start)) return { end: until("<?", "?>").end, text: "" };
  return document.startsWith("<!", start) ? { end: until("<!", ">").end, text: "" } : null;
}

/** A `>` in a quoted value ends no tag. */
function tagEnd(document: string, start: number): number {
  let quote = "";
  for (let at = start + 1; at < document.length; at += 1) {
    const character = document[at] ?? "";
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at;
  }
  return -1;
}

function readAttributes(tag: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from(tag.matchAll(ATTRIBUTE), ([, name = "", one, other]) => [localName(name), decode(one ?? other ?? "")]),
  );
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function decode(text: string): string {
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = name[1]?.toLowerCase() === "x" ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
