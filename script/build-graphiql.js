// Bundles the page for browsers into dist/graphiql/: one script and one style sheet, with everything they need.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

await build({
  entryPoints: { graphiql: path("../src/server/graphiql.page.js") },
  outdir: path("../dist/graphiql/"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "dataurl", ".woff": "dataurl", ".woff2": "dataurl" },
  legalComments: "linked",
  logLevel: "warning",
});
