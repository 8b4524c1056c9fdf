import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Environment } from "../environment.ts";
import type { Finding } from "./finding.ts";

/** The first start alone takes some 100 MB; a running ladder writes about 1 MB a second and removes it again. */
const NEEDED_BYTES = 500_000_000;
const COMFORTABLE_BYTES = 5_000_000_000;

export async function examineDataDirectory({ dataDirectory }: Environment): Promise<readonly Finding[]> {
  const nearest = await nearestExisting(dataDirectory);
  const where = nearest === dataDirectory ? dataDirectory : `${dataDirectory}, to be made in ${nearest}`;
  const isDirectory = (await stat(nearest)).isDirectory();
  const isWritable =
    isDirectory &&
    (await access(nearest, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ));
  if (isWritable) return [{ subject: "data directory", verdict: "OK", text: where }];
  const why = isDirectory ? "may not be written to" : "is not a directory";
  return [
    {
      subject: "data directory",
      verdict: "MISSING",
      text: `${nearest} ${why}. Nothing starts until HEADEND_DATA_DIR names one that may be.`,
    },
  ];
}

export async function examineDisk({ dataDirectory }: Environment): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(await nearestExisting(dataDirectory));
  const free = bavail * bsize;
  const text = `${(free / 1_000_000_000).toFixed(1)} GB free for ${dataDirectory}`;
  if (free < NEEDED_BYTES)
    return [{ subject: "disk", verdict: "MISSING", text: `${text}: the database and the media need 0.5 GB at least.` }];
  if (free < COMFORTABLE_BYTES) return [{ subject: "disk", verdict: "LIMITED", text: `${text}: recordings to files will fill it soon.` }];
  return [{ subject: "disk", verdict: "OK", text }];
}

async function nearestExisting(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : await nearestExisting(dirname(path));
}
