import { Fault, FaultCode } from "../shared/user-error.ts";

/** How deep an error's causes are followed: Drizzle puts PostgreSQL's own error one level down. */
const CAUSE_DEPTH_LIMIT = 5;

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "EAGAIN",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Lost connections, a server that ends, starts, stands by or has no room, and transactions that it gave up on. */
const UNAVAILABLE_STATES = /^(08...|25006|25P0[34]|53...|57P0[1-5]|58...)$/;
const CANCELED_STATE = "57014";
const RETRYABLE_STATES: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** The code of a driver's or PostgreSQL's error, wherever in the chain of causes it stands; null when there is none. */
export function errorCode(error: unknown): string | null {
  const found = causes(error).find((each) => "code" in each && typeof each.code === "string" && !(each instanceof Fault));
  return found && "code" in found ? String(found.code) : null;
}

/** The SQLSTATE of PostgreSQL's error; null when it is none of PostgreSQL's. */
export function sqlState(error: unknown): string | null {
  const code = errorCode(error);
  return code !== null && /^[0-9A-Z]{5}$/.test(code) && !NETWORK_CODES.has(code) ? code : null;
}

/** Deadlocks and serialization failures: the same transaction, tried again, can succeed. */
export function isRetryable(error: unknown): boolean {
  return RETRYABLE_STATES.has(sqlState(error) ?? "");
}

/** Logins, missing databases and tables, rights: refused whatever the values are. */
const INSTALLATION_STATES = /^(28|3D|42)/;

/** Whether PostgreSQL is there and refused what it was given: the same values, tried again, are refused again. */
export function isRefusedInput(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && !isRetryable(error) && availabilityFault(error) === null && !INSTALLATION_STATES.test(state);
}

/** The fault that stands somewhere in the chain of causes; Drizzle wraps what its driver throws. */
export function findFault(error: unknown): Fault | null {
  return causes(error).find((each) => each instanceof Fault) ?? null;
}

/** The fault by which a database that is away, full or too slow is told; null for every other error. */
export function availabilityFault(error: unknown): Fault | null {
  const code = errorCode(error) ?? "";
  if (code === CANCELED_STATE)
    return new Fault(FaultCode.TIMEOUT, "The database took too long. Try again, or ask for less.", { cause: error });
  return NETWORK_CODES.has(code) || UNAVAILABLE_STATES.test(code) ? unavailableFault(error) : null;
}

export function unavailableFault(cause?: unknown): Fault {
  return new Fault(FaultCode.SERVICE_UNAVAILABLE, "The database cannot be reached just now. Try again in a moment.", { cause });
}

function causes(error: unknown): readonly Error[] {
  const found: Error[] = [];
  for (let each = error; each instanceof Error && found.length < CAUSE_DEPTH_LIMIT; each = each.cause) found.push(each);
  return found;
}
