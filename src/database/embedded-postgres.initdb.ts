import { execFile } from "node:child_process";
import { chown, mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EMBEDDED_POSTGRES_MAJOR, type PostgresBinaries } from "./embedded-postgres.binaries.ts";
import { isAlive } from "./embedded-postgres.holder.ts";
import type { PostgresIdentity } from "./embedded-postgres.identity.ts";
import { StartError } from "../shared/start-error.ts";

/** The one role of an embedded database; only who may open the socket's directory can be it. */
export const EMBEDDED_USER = "headend";

const run = promisify(execFile);

export interface InitializeOptions {
  readonly dataDirectory: string;
  readonly binaries: PostgresBinaries;
  readonly identity: PostgresIdentity;
  /** False spares the disk where the data may be lost, as in tests. */
  readonly isDurable: boolean;
}

/** Makes the data directory where there is none: beside it first, then by one rename, so that a killed start leaves nothing half done. */
export async function initializeDataDirectory(options: InitializeOptions): Promise<void> {
  const { dataDirectory } = options;
  await removeLeftovers(dataDirectory);
  const major = await dataDirectoryMajor(dataDirectory);
  if (major === EMBEDDED_POSTGRES_MAJOR) return;
  if (major !== null) {
    throw new StartError(
      `${dataDirectory} belongs to PostgreSQL ${major}, this Headend brings ${EMBEDDED_POSTGRES_MAJOR}. ` +
        `Start the release that made it and move the data with pg_dump, or set DATABASE_URL.`,
    );
  }
  const beside = `${dataDirectory}.init-${process.pid}`;
  try {
    await initdb(beside, options);
    await rename(beside, dataDirectory);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    // Another start was first; who of us may have the directory is settled when PostgreSQL starts.
    const { code } = error as NodeJS.ErrnoException;
    if ((code === "ENOTEMPTY" || code === "EEXIST") && (await dataDirectoryMajor(dataDirectory)) !== null) return;
    throw error;
  }
}

/** The major version that made the directory; null when there is none yet. */
export async function dataDirectoryMajor(dataDirectory: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDirectory, "PG_VERSION"), "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function initdb(directory: string, { binaries, identity, isDurable }: InitializeOptions): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  const { owner, commandPrefix } = identity;
  if (owner) await chown(directory, owner.uid, owner.gid);
  const options = ["--locale=C", "--encoding=UTF8", "--auth=trust", `--username=${EMBEDDED_USER}`, ...(isDurable ? [] : ["--no-sync"])];
  const [program = "", ...words] = [...commandPrefix, binaries.initdb, "-D", directory, ...options];
  const user = owner && commandPrefix.length === 0 ? { uid: owner.uid, gid: owner.gid } : {};
  try {
    await run(program, words, { cwd: "/", env: { LC_ALL: "C", TZ: "UTC" }, ...user });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new StartError(`PostgreSQL could not make ${directory}: ${stderr?.trim() || String(error)}`, { cause: error });
  }
}

/** What killed starts left behind; that of a start which still lives stays. */
async function removeLeftovers(dataDirectory: string): Promise<void> {
  const prefix = `${basename(dataDirectory)}.init-`;
  const names = (await readdir(dirname(dataDirectory))).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const pid = Number(name.slice(prefix.length));
    if (pid !== process.pid && isAlive(pid)) continue;
    await rm(join(dirname(dataDirectory), name), { recursive: true, force: true });
  }
}
