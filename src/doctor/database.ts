import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { openConnections, type DatabaseAddress } from "../database/connection.ts";
import { findDatabaseServer, POSTGRES_DIRECTORY } from "../database/database-server.ts";
import { assertPostgresInstalled, EMBEDDED_POSTGRES_MAJOR } from "../database/embedded-postgres.binaries.ts";
import { dataDirectoryMajor } from "../database/embedded-postgres.initdb.ts";
import { OLDEST_SERVER_VERSION } from "../database/migrate.ts";
import type { Environment } from "../environment.ts";
import type { Finding } from "./finding.ts";

const ANSWER_DEADLINE_MILLISECONDS = 5_000;

/** Asks the database that a start would use; an embedded one that does not run is looked at from outside. */
export async function examineDatabase({ databaseUrl, dataDirectory }: Environment): Promise<readonly Finding[]> {
  const address = findDatabaseServer({ url: databaseUrl, dataDirectory });
  if (address !== null) return [await examineServer(address, databaseUrl === null ? "the embedded PostgreSQL that runs" : "DATABASE_URL")];
  try {
    assertPostgresInstalled();
    const major = await dataDirectoryMajor(join(dataDirectory, POSTGRES_DIRECTORY));
    if (major === null) return [ok(`embedded PostgreSQL ${EMBEDDED_POSTGRES_MAJOR}, to be made at the first start`)];
    if (major === EMBEDDED_POSTGRES_MAJOR) return [ok(`embedded PostgreSQL ${major}, not running`)];
    return [missing(`The data directory is of PostgreSQL ${major}, this release brings ${EMBEDDED_POSTGRES_MAJOR}: nothing starts on it.`)];
  } catch (error) {
    return [missing(`${messageOf(error)} Without a database nothing starts.`)];
  }
}

async function examineServer(address: DatabaseAddress, what: string): Promise<Finding> {
  const connection = openConnections(address, { applicationName: "headend doctor", maxConnections: 1 });
  try {
    const [row] = await within(
      connection.unsafe<{ number: string; name: string }[]>(
        "select current_setting('server_version_num') as number, current_setting('server_version') as name",
      ),
    );
    if (Number(row?.number) >= OLDEST_SERVER_VERSION) return ok(`${what} answers: PostgreSQL ${row?.name}`);
    return missing(`${what} is PostgreSQL ${row?.name}; 15 or newer is needed. Nothing starts on it.`);
  } catch (error) {
    return missing(`${what} cannot be used: ${messageOf(error)}. Nothing works without it.`);
  } finally {
    await connection.end({ timeout: 0 });
  }
}

/** What keeps a restart of PostgreSQL from ending the process, and a refused COPY from being lost, is put into the driver when it is installed. */
export async function examineDriver(): Promise<readonly Finding[]> {
  const path = join(createRequire(import.meta.url).resolve("postgres"), "..", "connection.js");
  const driver = await readFile(path, "utf8");
  const isGuarded = ["if (socket === null)", "final(err)"].every((guard) => driver.includes(guard));
  if (isGuarded) return [{ subject: "database driver", verdict: "OK", text: "survives restarts of PostgreSQL" }];
  const text = "The driver lacks its guards: a restart of PostgreSQL would end the process. Run node script/patch-dependencies.js.";
  return [{ subject: "database driver", verdict: "MISSING", text }];
}

function within<T>(answer: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error("it does not answer")), ANSWER_DEADLINE_MILLISECONDS);
    answer.then(resolve, reject).then(() => clearTimeout(deadline));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ok(text: string): Finding {
  return { subject: "database", verdict: "OK", text };
}

function missing(text: string): Finding {
  return { subject: "database", verdict: "MISSING", text };
}
