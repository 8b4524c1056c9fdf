import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { findTestGroups } from "./test/support/test-groups.ts";

const CORES = availableParallelism();
const GLOBAL_SETUP = ["test/support/global-setup.ts"];

const common = {
  // Two copies of graphql meet otherwise: its ESM file here, its CommonJS file in the libraries.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  // Long, since what is waited for comes late where cores are few: what has to come in time says so itself.
  test: { setupFiles: ["test/support/setup.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
};

/** For tests that are run by themselves. */
export const alone = { ...common, test: { ...common.test, globalSetup: GLOBAL_SETUP } };

/** A group of files, which begins when the one before has ended. */
function group(name: string, groupOrder: number, files: readonly string[], maxWorkers: number): TestProjectInlineConfiguration {
  return {
    ...common,
    test: {
      ...common.test,
      name,
      include: [...files],
      // They share what they import, which takes longer than most of them; what a module keeps is of no matter to the next file.
      isolate: false,
      maxWorkers,
      maxConcurrency: CORES,
      sequence: { groupOrder },
    },
  };
}

const { inRealTime, inTheirTime } = findTestGroups();

export default defineConfig({
  test: {
    globalSetup: GLOBAL_SETUP,
    projects: [group("in their time", 0, inTheirTime, CORES + 1), group("in real time", 1, inRealTime, CORES)],
  },
});
