// Bundles the page on which attendees watch an event into dist/player/: one script, one style sheet, the page, and hls.js's own worker.
import { build } from "esbuild";
import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** What the page asks for, word for word as it is listed: it runs too where nothing else may. */
const OPERATIONS = [
  "JoinEvent",
  "WatchedEvent",
  "PublishedSlide",
  "QuestionChanges",
  "ChatMessageChanges",
  "LatestChatMessages",
  "AskQuestion",
  "UpvoteQuestion",
  "SendChatMessage",
];

function listedTexts() {
  const { operations } = JSON.parse(readFileSync(path("../schema/persisted-operations.json"), "utf8"));
  return Object.fromEntries(
    OPERATIONS.map((name) => {
      const listed = operations.find((operation) => operation.name === name);
      if (!listed) throw new Error(`There is no operation ${name} in schema/operations.`);
      return [name, listed.body];
    }),
  );
}

await build({
  entryPoints: { player: path("../src/player/main.ts"), style: path("../src/player/style.css") },
  outdir: path("../dist/player/"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  define: { OPERATIONS: JSON.stringify(listedTexts()) },
  legalComments: "linked",
  logLevel: "warning",
});
copyFileSync(path("../src/player/page.html"), path("../dist/player/page.html"));
copyFileSync(path("../node_modules/hls.js/dist/hls.worker.js"), path("../dist/player/hls.worker.js"));
