import { defineConfig } from "vitest/config";
import { alone } from "./vitest.config.ts";

/**
 * The kill -9 tests in a hundred rounds each, as many restarts of PostgreSQL, a minute without it, and ten minutes of everything with
 * 1,000 subscribers: `npm run soak`.
 */
export default defineConfig({
  ...alone,
  test: {
    ...alone.test,
    include: ["test/**/kill*.test.ts", "test/faults/{restarts,frozen}.test.ts", "test/soak/**/*.test.ts"],
    env: { SOAK_ROUNDS: "100", SOAK_SECONDS: "600", SOAK_SUBSCRIBERS: "1000" },
    fileParallelism: false,
  },
});
