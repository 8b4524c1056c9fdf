// Runs the tests that are asked for, or all. What plays media in real time shares the cores with tests that do not, which stand back for
// it, and still media may come late on a busy machine, and is lost: so some files that failed beside others are run once more by
// themselves, and say so. What fails by itself has failed.
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** More than these are no accident. */
const MOST_FILES_AGAIN = 8;

const directory = mkdtempSync(join(tmpdir(), "headend-tests-"));

/** What runs: whoever asks us to end asks it too. */
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => running.forEach((child) => child.kill(signal)));

/** Gives the exit status. What it says goes to a file where one is given. */
function run(command, words, file = null) {
  const child = spawn(command, words, { stdio: file === null ? "inherit" : ["ignore", openSync(file, "w"), "inherit"] });
  running.add(child);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

/** Runs Vitest, under another command where one is given, and gives its exit status and the files in which something failed. */
async function test({ name, words, under = [], file = null }) {
  const report = join(directory, `${name}.json`);
  const [command, ...rest] = [...under, "npx", "vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = await run(command, [...rest, ...words], file);
  return { status, failed: status === 0 ? [] : failedFiles(report) };
}

/** None where there is no report. */
function failedFiles(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(({ name, status }) => (status === "failed" ? [name] : []));
  } catch {
    return [];
  }
}

/** Both groups of the whole suite, at once. */
async function testEverything() {
  const file = join(directory, "others");
  const runs = await Promise.all([
    test({ name: "real-time", words: ["--project=in real time"] }),
    test({ name: "others", words: ["--project=in their time"], under: ["nice", "-n", "19"], file }),
  ]);
  await pipeline(createReadStream(file), process.stdout, { end: false });
  return runs;
}

try {
  await run(process.execPath, ["script/bring-up-to-date.js"]);
  const words = process.argv.slice(2);
  const runs = words.length === 0 ? await testEverything() : [await test({ name: "asked", words })];
  const files = runs.flatMap(({ failed }) => failed);
  let isGreen = runs.every(({ status }) => status === 0);
  // A run that failed without a word of a file did not come to its end.
  const isToldOfFiles = runs.every(({ status, failed }) => status === 0 || failed.length > 0);
  if (!isGreen && isToldOfFiles && files.length <= MOST_FILES_AGAIN) {
    console.log(`\nFailed beside others, and run again by themselves:\n${files.map((name) => `  ${name}`).join("\n")}`);
    isGreen = (await run("npx", ["vitest", "run", "--maxWorkers=1", ...files])) === 0;
  }
  process.exitCode = isGreen ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
