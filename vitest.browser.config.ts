import { defineConfig } from "vitest/config";
import { alone } from "./vitest.config.ts";

/** The page for browsers, in a real one: `npm run test:browser`. Apart from the suite, since it wants Chromium. */
export default defineConfig({ ...alone, test: { ...alone.test, include: ["test/browser/**/*.browser.ts"] } });
