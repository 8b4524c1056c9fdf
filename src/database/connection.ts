import postgres, { type Options, type PostgresType, type Sql } from "postgres";
import type { SocketAddress } from "./embedded-postgres.ts";

/** Where the database is: a connection URL, or a socket of this machine. */
export type DatabaseAddress = string | SocketAddress;

/** PostgreSQL ends a statement before the caller is given up on, so that a slow one leaves nothing running. */
export const STATEMENT_TIMEOUT_MILLISECONDS = 4_000;
/** A process that stopped in the middle of a transaction would hold its locks, and the change log back, for ever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MILLISECONDS = 10_000;
const CONNECT_TIMEOUT_SECONDS = 4;
/** The driver's own waits grow to 20 s, long after the database is back. */
const RECONNECT_SECONDS = 0.2;
const NAME_LIMIT_BYTES = 63;

export interface ConnectionOptions {
  readonly applicationName: string;
  readonly maxConnections: number;
  /** Zero: no limit, for migrations. */
  readonly statementTimeoutMilliseconds?: number;
  readonly driver?: Options<Record<string, PostgresType>>;
}

/** A driver's client with our timeouts; nothing connects before the first statement. */
export function openConnections(address: DatabaseAddress, { applicationName, maxConnections, ...rest }: ConnectionOptions): Sql {
  const options: Options<Record<string, PostgresType>> = {
    max: maxConnections,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: () => RECONNECT_SECONDS,
    onnotice: () => undefined,
    connection: {
      application_name: applicationName.slice(0, NAME_LIMIT_BYTES),
      statement_timeout: rest.statementTimeoutMilliseconds ?? STATEMENT_TIMEOUT_MILLISECONDS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MILLISECONDS,
      TimeZone: "UTC",
    },
    ...rest.driver,
  };
  if (typeof address === "string") {
    const { url, host } = splitSocketHost(address);
    return postgres(url, host === null ? options : { ...options, host });
  }
  const { socketDirectory, port, user, database } = address;
  return postgres({ ...options, host: socketDirectory, port, user, database });
}

/** The driver does not read either form in which libpq's URLs name a socket's directory: as an escaped host, or as `?host=`. */
function splitSocketHost(address: string): { readonly url: string; readonly host: string | null } {
  const url = new URL(address);
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  if (!host.startsWith("/")) return { url: address, host: null };
  url.searchParams.delete("host");
  return { url: url.href, host };
}
