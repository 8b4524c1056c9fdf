import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The kill -9 tests in a hundred rounds each: `npm run soak`. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["test/**/kill*.test.ts"], env: { SOAK_ROUNDS: "100" }, fileParallelism: false },
});
