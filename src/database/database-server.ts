import { join } from "node:path";
import type { Logger } from "../shared/log.ts";
import type { DatabaseAddress } from "./connection.ts";
import { findRunningPostgres } from "./embedded-postgres.ts";
import { keepEmbeddedPostgres } from "./embedded-postgres.keeper.ts";

/** The directory of the embedded PostgreSQL within the data directory. */
export const POSTGRES_DIRECTORY = "postgres";

export interface DatabaseServer {
  readonly address: DatabaseAddress;
  /** Ends it where it is ours. */
  readonly close: () => Promise<void>;
}

export interface DatabaseServerOptions {
  /** A PostgreSQL of somebody else's; null: the embedded one. */
  readonly url: string | null;
  readonly dataDirectory: string;
  readonly log: Logger;
  /** See `EmbeddedPostgresOptions`; not called where PostgreSQL is somebody else's. */
  readonly meanwhile?: () => void;
}

/** The database of a gateway: the given one, or the embedded one, which it starts and holds alone. */
export async function startDatabaseServer({ url, dataDirectory, log, ...rest }: DatabaseServerOptions): Promise<DatabaseServer> {
  if (url !== null) return { address: url, close: async () => undefined };
  const { address, stop } = await keepEmbeddedPostgres({ dataDirectory: join(dataDirectory, POSTGRES_DIRECTORY), ...rest }, log);
  return { address, close: stop };
}

/** The database that a process uses beside a gateway; null when it would be the embedded one and no gateway runs it. */
export function findDatabaseServer({ url, dataDirectory }: Pick<DatabaseServerOptions, "url" | "dataDirectory">): DatabaseAddress | null {
  return url ?? findRunningPostgres(join(dataDirectory, POSTGRES_DIRECTORY));
}

/** For a command: beside the gateway that runs, else on its own. */
export async function reachDatabaseServer(options: DatabaseServerOptions): Promise<DatabaseServer> {
  const address = findDatabaseServer(options);
  return address === null ? await startDatabaseServer(options) : { address, close: async () => undefined };
}
