import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Two copies of graphql meet otherwise: its ESM file here, its CommonJS file in the libraries.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/setup.ts"],
    testTimeout: 40_000,
    hookTimeout: 60_000,
    // Most of the time goes by in waiting for media: two workers leave two cores idle for half of it.
    maxWorkers: availableParallelism() + 1,
  },
});
