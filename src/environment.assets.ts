import { define, numberOrOff, type Definition } from "./environment.define.ts";

/** What is kept of recordings, replays and clips. */
export const ASSET_DEFINITIONS = {
  assetRetentionDays: define({
    name: "HEADEND_ASSET_RETENTION_DAYS",
    fallback: "off",
    allowed: "a whole number from 1 to 36500, or off",
    meaning: "Recordings, replays and clips are deleted after so many days; off: they are kept until somebody deletes them.",
    schema: numberOrOff(1, 36_500),
  }),
  assetGigabytes: define({
    name: "HEADEND_ASSET_GIGABYTES",
    fallback: "off",
    allowed: "a whole number from 1 to 1000000, or off",
    meaning:
      "How much each organization may keep of them, in units of 1,000,000,000 bytes; beyond it the oldest are deleted. off: no limit.",
    schema: numberOrOff(1, 1_000_000),
  }),
} as const satisfies Readonly<Record<string, Definition<unknown>>>;
