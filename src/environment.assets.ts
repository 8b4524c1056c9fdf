import { z } from "zod";
import { define, httpBase, numberOrOff, optional, text, type Definition } from "./environment.define.ts";

/** What is kept of recordings, replays and clips. */
export const ASSET_DEFINITIONS = {
  assetRetentionDays: define({
    name: "HEADEND_ASSET_RETENTION_DAYS",
    fallback: "off",
    allowed: "a whole number from 1 to 36500, or off",
    meaning:
      "Recordings, replays and clips are deleted after so many days, where `headend organization assets` says nothing else; off: they are kept until somebody deletes them.",
    schema: numberOrOff(1, 36_500),
  }),
  assetGigabytes: define({
    name: "HEADEND_ASSET_GIGABYTES",
    fallback: "off",
    allowed: "a whole number from 1 to 1000000, or off",
    meaning:
      "How much each organization may keep of them, in units of 1,000,000,000 bytes, where that says nothing else; beyond it the oldest are deleted. off: no limit.",
    schema: numberOrOff(1, 1_000_000),
  }),
  s3Bucket: define({
    name: "HEADEND_S3_BUCKET",
    allowed: "the name of a bucket",
    meaning:
      "A bucket of an S3-compatible object store, which whole assets are moved to and served from; the same for all that share a database. Left out, they stay with the encoders that made them.",
    schema: optional(text.regex(/^[0-9A-Za-z][0-9A-Za-z._-]{1,253}[0-9A-Za-z]$/)),
  }),
  s3Endpoint: define({
    name: "HEADEND_S3_ENDPOINT",
    allowed: "an http or https URL",
    meaning: "Where the object store is. Left out, Amazon's.",
    schema: optional(httpBase),
  }),
  s3Region: define({
    name: "HEADEND_S3_REGION",
    fallback: "us-east-1",
    allowed: "letters, digits and -",
    meaning: "The region that requests are signed for.",
    schema: text.regex(/^[0-9A-Za-z-]{1,63}$/),
  }),
  s3AccessKeyId: define({
    name: "HEADEND_S3_ACCESS_KEY_ID",
    allowed: "a text without blanks",
    meaning: "Who may read, write, list and delete in the bucket. Wanted with a bucket.",
    schema: optional(text.regex(/^\S+$/)),
  }),
  s3SecretAccessKey: define({
    name: "HEADEND_S3_SECRET_ACCESS_KEY",
    allowed: "a text without blanks",
    meaning: "The secret that belongs to it.",
    isSecret: true,
    schema: optional(text.regex(/^\S+$/)),
  }),
  s3PathStyle: define({
    name: "HEADEND_S3_PATH_STYLE",
    fallback: "on",
    allowed: "on, off",
    meaning: "Whether the bucket stands in the path of addresses, as most stores have it; off: in the name of the host, as Amazon's.",
    schema: z.enum(["on", "off"]).transform((value) => value === "on"),
  }),
  s3Prefix: define({
    name: "HEADEND_S3_PREFIX",
    fallback: "headend",
    allowed: "letters, digits, -, _ and .",
    meaning: "What all keys in the bucket begin with; another one for each installation that shares it.",
    schema: text.regex(/^[0-9A-Za-z_-][0-9A-Za-z._-]{0,99}$/),
  }),
} as const satisfies Readonly<Record<string, Definition<unknown>>>;

/** What is wrong with the variables of the object store together, each being right by itself. */
export function findObjectStoreProblems(source: Readonly<Record<string, string | undefined>>): readonly string[] {
  const isSet = ({ name }: { readonly name: string }): boolean => Boolean(source[name]?.trim());
  const { s3Bucket, s3Endpoint, s3AccessKeyId, s3SecretAccessKey } = ASSET_DEFINITIONS;
  const keys = [s3AccessKeyId, s3SecretAccessKey];
  if (isSet(s3Bucket)) {
    const missing = keys.filter((each) => !isSet(each));
    return missing.map(({ name, allowed }) => `${name} must be ${allowed}, since ${s3Bucket.name} is set.`);
  }
  const others = [s3Endpoint, ...keys].filter(isSet);
  return others.map(({ name }) => `${name} is set without ${s3Bucket.name}, which must be ${s3Bucket.allowed}.`);
}
