import { PROCESS_KIND_FACTS, ProcessKind } from "../processes/process.rules.ts";
import { isAssetFile } from "./asset-url.rules.ts";

/** A token of an address: 26 characters of the identifier alphabet. */
const TOKEN_PATTERN = /^[0-9a-z]{26}$/;

/** What is asked for below `/share/`; the file is null where the address names none. */
export interface SharePath {
  readonly token: string;
  readonly file: string | null;
}

/** Reads `/share/<token>` and `/share/<token>/<file>`; null for everything else. */
export function readSharePath(path: string): SharePath | null {
  const [before, folder, token = "", file = null, ...rest] = path.split("/");
  if (before !== "" || folder !== "share" || rest.length > 0 || !TOKEN_PATTERN.test(token)) return null;
  return file === null || isAssetFile(file) ? { token, file } : null;
}

/** What is asked for below `/stills/`. */
export interface StillPath {
  readonly token: string;
  readonly kind: ProcessKind;
  readonly file: string;
}

const STILL_KINDS: ReadonlyMap<string, ProcessKind> = new Map(
  Object.values(ProcessKind).flatMap((kind) => {
    const { contentName } = PROCESS_KIND_FACTS[kind];
    return contentName === null ? [] : [[contentName, kind] as const];
  }),
);

/** Reads `/stills/<token>/<name of the content>`; null for everything else. */
export function readStillPath(path: string): StillPath | null {
  const [before, folder, token = "", file = "", ...rest] = path.split("/");
  const kind = STILL_KINDS.get(file);
  if (before !== "" || folder !== "stills" || rest.length > 0 || !TOKEN_PATTERN.test(token) || kind === undefined) return null;
  return { token, kind, file };
}

/** What an asset is called by what it is made of. */
export interface AssetNames {
  /** A clip's own; null when it has none. */
  readonly name: string | null;
  readonly sessionName: string;
  /** ISO text. */
  readonly sessionDate: string;
  readonly renditionName: string | null;
}

/** What a browser calls a file that it saves: its name, or the session, its date and the rendition, in the forms of RFC 6266. */
export function contentDisposition({ name: own, sessionName, sessionDate, renditionName }: AssetNames, file: string): string {
  const date = sessionDate.slice(0, 16).replace("T", " ").replace(":", "-");
  const name = own ?? [sessionName, date, renditionName].filter((part) => part !== null).join(" ");
  const whole = `${name
    .replace(/[\p{Cc}"\\/:*?<>|]+/gu, "_")
    .slice(0, 200)
    .toWellFormed()}${file.slice(file.lastIndexOf("."))}`;
  const plain = whole.replace(/[^\x20-\x7e]/g, "_");
  // The characters that encodeURIComponent leaves and RFC 5987 does not take.
  const encoded = encodeURIComponent(whole).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
