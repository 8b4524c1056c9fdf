import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The page for browsers, in a real one: `npm run test:browser`. Apart from the suite, since it wants Chromium. */
export default defineConfig({ ...base, test: { ...base.test, include: ["test/browser/**/*.browser.ts"], testTimeout: 60_000 } });
