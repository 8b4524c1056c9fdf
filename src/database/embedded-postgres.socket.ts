import { createHash } from "node:crypto";
import { chmodSync, chownSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { PostgresIdentity } from "./embedded-postgres.identity.ts";
import { StartError } from "../shared/start-error.ts";

/** Part of the socket's file name; PostgreSQL listens on no network at all. */
export const SOCKET_PORT = 5432;

/** What a socket address holds on Linux less the end mark; macOS holds four bytes less. */
const SOCKET_PATH_LIMIT_BYTES = process.platform === "linux" ? 107 : 103;

/** Makes the directory of the socket, open to PostgreSQL's user alone: beside the data, or in the temporary directory where that path is too long. */
export function makeSocketDirectory(dataDirectory: string, { owner }: PostgresIdentity): string {
  const beside = `${resolve(dataDirectory)}.socket`;
  const name = `headend-${createHash("sha256").update(beside).digest("hex").slice(0, 16)}`;
  const directory = [beside, join(tmpdir(), name), join("/tmp", name)].find(fits);
  if (directory === undefined)
    throw new StartError(`The paths ${beside} and ${tmpdir()} are both too long for a socket. Choose a shorter HEADEND_DATA_DIR.`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const uid = owner?.uid ?? process.getuid?.();
  const present = lstatSync(directory);
  // In a directory that all may write to, somebody else could have put this one there first.
  if (!present.isDirectory() || (present.uid !== uid && present.uid !== process.getuid?.())) {
    throw new StartError(`${directory} belongs to somebody else. Remove it, or choose a shorter HEADEND_DATA_DIR.`);
  }
  chmodSync(directory, 0o700);
  if (owner) chownSync(directory, owner.uid, owner.gid);
  return directory;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, `.s.PGSQL.${SOCKET_PORT}`)) <= SOCKET_PATH_LIMIT_BYTES;
}
