import { setTimeout as wait } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Context, TransactionContext } from "../access/context.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** Thrown inside the transaction, so that the wait for another import is outside of it. */
class OtherImport extends Error {
  override readonly name = "OtherImport";
}

const PATIENCE_MILLISECONDS = 120_000;
const PAUSE_MILLISECONDS = 200;
const RETRY_AFTER_SECONDS = 10;

/**
 * Makes this the organization's only large import until the transaction ends, on whatever gateway. A second one of the same names would else
 * wait for the first within a statement, and for longer than a statement may take.
 */
export async function beginAlone({ transaction, actor }: TransactionContext): Promise<void> {
  const [row] = await transaction.execute<{ is_alone: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`headend import of ${actor.organizationId}`}, 0)) as is_alone`,
  );
  if (!row?.is_alone) throw new OtherImport();
}

/** Runs a transaction that begins alone, once no other is. Throws SERVICE_UNAVAILABLE when that takes too long. */
export async function onceAlone<T>({ signal }: Context, run: () => Promise<T>): Promise<T> {
  for (let waited = 0; ;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof OtherImport)) throw error;
    }
    if (waited >= PATIENCE_MILLISECONDS) {
      throw new Fault(
        FaultCode.SERVICE_UNAVAILABLE,
        "Another large import of your organization goes on. Nothing was imported. Try again in a moment.",
        {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        },
      );
    }
    signal?.throwIfAborted();
    const pause = PAUSE_MILLISECONDS * (0.5 + Math.random());
    await wait(pause);
    waited += pause;
  }
}
