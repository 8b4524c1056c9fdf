// Runs the tests that are asked for, or all. Files share the cores in real time, and media that comes late is media lost: so a few files
// that failed beside others are run once more by themselves, and say so. What fails by itself has failed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** More than these are no accident. */
const MOST_FILES_AGAIN = 8;

/** Gives the exit status. */
function runVitest(...words) {
  const { status, signal } = spawnSync("npx", ["vitest", "run", ...words], { stdio: "inherit" });
  if (signal) process.kill(process.pid, signal);
  return status ?? 1;
}

/** The files of a report in which something failed; none where there is no report. */
function failedFiles(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(({ name, status }) => (status === "failed" ? [name] : []));
  } catch {
    return [];
  }
}

const directory = mkdtempSync(join(tmpdir(), "headend-tests-"));
try {
  const report = join(directory, "report.json");
  let status = runVitest("--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2));
  const failed = status === 0 ? [] : failedFiles(report);
  if (failed.length > 0 && failed.length <= MOST_FILES_AGAIN) {
    console.log(`\nFailed beside others, and run again by themselves:\n${failed.map((name) => `  ${name}`).join("\n")}`);
    status = runVitest("--no-file-parallelism", "--isolate", ...failed);
  }
  process.exitCode = status;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
