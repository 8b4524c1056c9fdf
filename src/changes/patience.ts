import { setTimeout as wait } from "node:timers/promises";
import { findFault } from "../database/sql-state.ts";
import type { Logger } from "../shared/log.ts";
import { FaultCode } from "../shared/user-error.ts";

const RETRY_MILLISECONDS = 500;
/** After two minutes a subscription ends with the error, and its client resumes elsewhere. */
const ATTEMPT_LIMIT = 240;

/** Work that many wait for goes on whoever of them leaves. */
export const neverOver = (): boolean => false;

/** Waits an interruption of the database out: a subscription keeps its position through it, and loses nothing. Null once it `isOver`. */
export async function withPatience<T>(log: Logger, isOver: () => boolean, work: () => Promise<T>): Promise<T | null> {
  for (let attempt = 1; !isOver(); attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPT_LIMIT || !isInterruption(error)) throw error;
      if (attempt === 1) log.warn({ err: error }, "a subscription waits for the database");
      await wait(RETRY_MILLISECONDS, undefined, { ref: false });
    }
  }
  return null;
}

/** Whether an error says that the database is away, and nothing about what was asked. */
export function isInterruption(error: unknown): boolean {
  const code = findFault(error)?.code;
  return code === FaultCode.SERVICE_UNAVAILABLE || code === FaultCode.TIMEOUT;
}
