import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));

interface SourceFile {
  /** Within src, such as `sessions/session.rules.ts`. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Our own files by their path within src, packages by their name. */
  readonly imports: readonly string[];
}

const IMPORT_PATTERN =
  /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

const files: readonly SourceFile[] = (readdirSync(root, { recursive: true }) as string[])
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const imports = [...text.matchAll(IMPORT_PATTERN)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
    return {
      path,
      folder: path.includes("/") ? path.slice(0, path.indexOf("/")) : "",
      text,
      imports: imports.map((name) => (name.startsWith(".") ? relative(root, join(root, dirname(path), name)) : name)),
    };
  });

/** A page or two more than a file should have: some are lists of fields. */
const FILE_LINES = 350;

const isOurs = (name: string) => name.endsWith(".ts");
const folderOf = (name: string) => (name.includes("/") ? name.slice(0, name.indexOf("/")) : "");

/** Lines `file → import` that a rule forbids. */
function forbidden(of: (file: SourceFile) => boolean, isForbidden: (name: string, file: SourceFile) => boolean): readonly string[] {
  return files.filter(of).flatMap((file) => file.imports.filter((name) => isForbidden(name, file)).map((name) => `${file.path} → ${name}`));
}

const PURE = /\.(rules|transitions|draft)\.ts$|(^|\/)(ffmpeg\.(arguments|progress)|csv\.columns)\.ts$/;
const GRAPHQL_SIDE = /\.(type|input-type|resolver|loaders?|enums)\.ts$/;
const INPUT_OUTPUT = /^(node:(fs|http|https|dgram|child_process|timers|worker_threads)|drizzle-orm|postgres|ws|@apollo|type-graphql|pino)/;

describe("who may import whom", () => {
  it("sees the imports", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.find(({ path }) => path === "graphql/schema.ts")?.imports).toContain("sessions/session.query.resolver.ts");
  });

  it("shared imports nothing of ours", () => {
    expect(
      forbidden(
        ({ folder }) => folder === "shared",
        (name) => isOurs(name) && folderOf(name) !== "shared",
      ),
    ).toEqual([]);
  });

  it("rules are pure: they touch neither files, nets, clocks nor the database", () => {
    const isPure = ({ path }: SourceFile) => PURE.test(path);
    expect(forbidden(isPure, (name) => INPUT_OUTPUT.test(name) || /\.(table|store|resolver|type)\.ts$/.test(name))).toEqual([]);
    expect(
      files.filter((file) => isPure(file) && /\bnew Date\(\)|\bDate\.now\(\)|\bsetTimeout\(/.test(file.text)).map(({ path }) => path),
    ).toEqual([]);
  });

  it("tables import rules, columns and tables", () => {
    expect(
      forbidden(
        ({ path }) => path.endsWith(".table.ts"),
        (name) => isOurs(name) && !/\.(rules|table)\.ts$/.test(name) && name !== "database/columns.ts",
      ),
    ).toEqual([]);
  });

  it("stores never see GraphQL", () => {
    expect(
      forbidden(
        ({ path }) => path.endsWith(".store.ts"),
        (name) => /^(graphql|type-graphql)\b/.test(name) || GRAPHQL_SIDE.test(name),
      ),
    ).toEqual([]);
  });

  it("types, resolvers and loaders never see Drizzle or tables", () => {
    expect(
      forbidden(
        ({ path }) => GRAPHQL_SIDE.test(path),
        (name) => name.startsWith("drizzle-orm") || name.endsWith(".table.ts"),
      ),
    ).toEqual([]);
  });

  it("the encoder runs without the API", () => {
    expect(
      forbidden(
        ({ folder, path }) => folder === "encoder" && !GRAPHQL_SIDE.test(path),
        (name) => folderOf(name) === "graphql" || folderOf(name) === "server" || GRAPHQL_SIDE.test(name),
      ),
    ).toEqual([]);
  });

  it("SRT stands beside the encoder, which hands it what it runs processes with", () => {
    const lent = ["path-source", "output-sender", "patient-clock", "ffmpeg.process", "ingest.arguments", "socket-directory"].map(
      (name) => `encoder/${name}.ts`,
    );
    const below = new Set(["srt", "shared", "network"]);
    expect(
      forbidden(
        ({ folder }) => folder === "srt",
        (name) => isOurs(name) && !below.has(folderOf(name)) && !lent.includes(name),
      ),
    ).toEqual([]);
    const mayUse = new Set(["srt", "encoder", ""]);
    expect(
      forbidden(
        ({ folder }) => !mayUse.has(folder),
        (name) => folderOf(name) === "srt",
      ),
    ).toEqual([]);
  });

  it("RTMP stands beside the encoder: it knows its processes and the shapes that both meet in, and nothing else of it", () => {
    const met = ["path-source", "output-sender", "patient-clock", "ffmpeg.process", "ffmpeg.mask", "ingest.arguments", "socket-directory"];
    const below = new Set(["rtmp", "shared", "network"]);
    expect(
      forbidden(
        ({ folder }) => folder === "rtmp",
        (name) => isOurs(name) && !below.has(folderOf(name)) && !met.includes(name.replace(/^encoder\/(.*)\.ts$/, "$1")),
      ),
    ).toEqual([]);
  });

  it("the database and the log lie below the features", () => {
    const below = new Set(["shared", "database"]);
    expect(
      forbidden(
        ({ folder }) => folder === "database",
        (name) => isOurs(name) && !below.has(folderOf(name)),
      ),
    ).toEqual([]);
    const besideLog = new Set([...below, "changes", "access", "graphql"]);
    expect(
      forbidden(
        ({ folder }) => folder === "changes",
        (name) => isOurs(name) && !besideLog.has(folderOf(name)),
      ),
    ).toEqual([]);
  });

  it("features stand in one order: templates, then sessions, playbacks and processes, then assets and imports", () => {
    const above: Readonly<Record<string, readonly string[]>> = {
      templates: ["sessions", "playbacks", "processes", "assets", "alerts", "imports", "encoder"],
      sessions: ["assets", "imports"],
      playbacks: ["assets", "imports"],
      processes: ["assets", "alerts", "imports", "encoder"],
      alerts: ["imports", "encoder"],
      organizations: ["templates", "sessions", "playbacks", "alerts", "imports", "encoder"],
      access: ["audit", "images", "templates", "sessions", "playbacks", "alerts", "imports", "encoder"],
      images: ["audit", "templates", "sessions", "playbacks", "alerts", "imports", "encoder"],
    };
    expect(
      forbidden(
        ({ folder }) => folder in above,
        (name, { folder }) => above[folder]!.includes(folderOf(name)),
      ),
    ).toEqual([]);
  });

  it("only graphql/schema.ts imports resolvers", () => {
    expect(
      forbidden(
        ({ path }) => path !== "graphql/schema.ts",
        (name) => name.endsWith(".resolver.ts"),
      ),
    ).toEqual([]);
  });

  it("only the composition root and the command line start things", () => {
    const starters = ["database/client.ts", "server/http.ts", "changes/change-log.ts", "database/embedded-postgres.ts"];
    const mayStart = ({ path, folder }: SourceFile) =>
      path === "application.ts" || folder === "commands" || folder === "doctor" || folder === "database";
    const valueImports = (file: SourceFile) => file.text.replace(/^import type[^;]*;/gms, "");
    const offenders = files
      .filter((file) => !mayStart(file))
      .filter(
        (file) =>
          /\b(openDatabase|startServer|openChangeLog|startEmbeddedPostgres)\(/.test(valueImports(file)) && !starters.includes(file.path),
      );
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  it("threads beside the main one start no processes, which would be killed with the thread", () => {
    const threads = files.filter(({ path }) => path.endsWith("-worker.ts") && path !== "shared/source-worker.ts").map(({ path }) => path);
    expect(threads.length).toBeGreaterThanOrEqual(3);
    const reached = new Set(threads);
    for (const path of reached) for (const name of importsOf(path)) reached.add(name);
    expect([...reached].filter((path) => files.find((file) => file.path === path)?.imports.includes("node:child_process"))).toEqual([]);
  });

  it("nothing imports in a circle, types aside", () => {
    const graph = new Map(files.map(({ path, text }) => [path, valueImportsOf(path, text)]));
    expect(findCircle(graph)).toEqual([]);
  });
});

describe("the house", () => {
  it("reads the environment in one place", () => {
    expect(files.filter(({ path, text }) => path !== "environment.ts" && /\bprocess\.env\b/.test(text)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  it("has no barrels, no default exports and no TypeScript enums", () => {
    expect(files.filter(({ path }) => /(^|\/)index\.ts$/.test(path)).map(({ path }) => path)).toEqual([]);
    expect(
      files.filter(({ text }) => /^export (\*|\{[^}]*\}) from/m.test(text) && !/^export type \{/m.test(text)).map(({ path }) => path),
    ).toEqual([]);
    expect(files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
    expect(files.filter(({ text }) => /^\s*(export )?(const )?enum \w/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("keeps files short", () => {
    expect(
      files.filter(({ text }) => text.split("\n").length > FILE_LINES).map(({ path, text }) => `${path}: ${text.split("\n").length}`),
    ).toEqual([]);
  });
});

function importsOf(path: string): readonly string[] {
  const file = files.find((each) => each.path === path);
  return file ? valueImportsOf(path, file.text) : [];
}

function valueImportsOf(path: string, text: string): readonly string[] {
  const withoutTypes = text.replace(/^import type[^;]*;/gms, "");
  return [...withoutTypes.matchAll(IMPORT_PATTERN)]
    .map(([, from, bare]) => from ?? bare ?? "")
    .filter((name) => name.startsWith("."))
    .map((name) => relative(root, join(root, dirname(path), name)));
}

/** The first circle that a walk meets, as the files on it; empty when there is none. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  function walk(path: string, trail: readonly string[]): readonly string[] {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const next of graph.get(path) ?? []) {
      const circle = walk(next, [...trail, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  }
  for (const path of graph.keys()) {
    const circle = walk(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
