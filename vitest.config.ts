import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { findTestGroups } from "./test/support/test-groups.ts";

const { withProcesses, withoutProcesses } = findTestGroups();

/** A group of files, which begins when the one before has ended. */
function group(name: string, groupOrder: number, files: readonly string[], maxWorkers: number): TestProjectInlineConfiguration {
  return {
    // Two copies of graphql meet otherwise: its ESM file here, its CommonJS file in the libraries.
    resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
    test: {
      name,
      include: [...files],
      setupFiles: ["test/support/setup.ts"],
      testTimeout: 40_000,
      hookTimeout: 60_000,
      // They share what they import, which takes longer than most of them; nothing keeps anything in a module.
      isolate: false,
      maxWorkers,
      sequence: { groupOrder },
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ["test/support/global-setup.ts"],
    projects: [
      group("gateway", 0, withoutProcesses, availableParallelism() + 1),
      // In real time: a core for each, since what comes late is lost.
      group("processes", 1, withProcesses, availableParallelism()),
    ],
  },
});
