import { and, eq, lt } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { findFault } from "../database/sql-state.ts";
import { Fault, FaultCode, Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { TransactionContext } from "./context.ts";
import { idempotencyKeys } from "./idempotency.table.ts";

/** How long an answer is kept for those who ask again. */
export const IDEMPOTENCY_HOURS = 48;

export interface IdempotentCall {
  /** The verb, so that one key cannot answer for two. */
  readonly operation: string;
  /** The caller's key; without one the call is simply done. */
  readonly key: string | null | undefined;
  /** What was asked for; kept as a keyed digest alone. */
  readonly input: unknown;
}

/**
 * Does `work` once for a key. The key's row is written in the transaction of the effect, so that both are there or neither is;
 * a second call with the same key waits for the first, then gets its answer. The answer is stored as JSON and has to be made of
 * ids and outcomes, never of what was sent.
 */
export async function idempotently<T>(context: TransactionContext, call: IdempotentCall, work: () => Promise<T>): Promise<T> {
  const { key, operation } = call;
  if (!key) return work();
  const inputDigest = context.vault.digest(JSON.stringify(call.input));
  const place = { organizationId: context.actor.organizationId, key };
  if (!(await claimKey(context.transaction, { ...place, operation, inputDigest, createdAt: context.clock.now() }))) {
    const stored = await findKey(context.transaction, place);
    if (stored && stored.operation === operation && stored.inputDigest === inputDigest) return stored.answer as T;
    throw new Refusal({
      code: UserErrorCode.IDEMPOTENCY_KEY_REUSED,
      message: "This idempotency key was used for another request. Use a new key for a new request.",
      path: ["input", "idempotencyKey"],
    });
  }
  const answer = await work();
  await context.transaction
    .update(idempotencyKeys)
    .set({ answer })
    .where(and(eq(idempotencyKeys.organizationId, place.organizationId), eq(idempotencyKeys.key, key)));
  return answer;
}

/**
 * False when the key is taken; waits while another transaction is about to take it, and throws IDEMPOTENCY_IN_PROGRESS when that one
 * lasts longer than a statement may. A key past its time is taken over.
 */
async function claimKey(executor: Executor, row: typeof idempotencyKeys.$inferInsert & { readonly createdAt: Date }): Promise<boolean> {
  const oldest = new Date(row.createdAt.getTime() - IDEMPOTENCY_HOURS * 3_600_000);
  const claimed = await executor
    .insert(idempotencyKeys)
    .values(row)
    .onConflictDoUpdate({
      target: [idempotencyKeys.organizationId, idempotencyKeys.key],
      set: { operation: row.operation, inputDigest: row.inputDigest, answer: null, createdAt: row.createdAt },
      setWhere: lt(idempotencyKeys.createdAt, oldest),
    })
    .returning({ key: idempotencyKeys.key })
    .catch(throwInProgress);
  return claimed.length > 0;
}

/** One row is written in no time: what takes as long as a statement may is the wait for the same call, still at work. */
function throwInProgress(error: unknown): never {
  if (findFault(error)?.code !== FaultCode.TIMEOUT) throw error;
  throw new Fault(
    FaultCode.IDEMPOTENCY_IN_PROGRESS,
    "The first request with this idempotency key is still at work. Try again in a moment.",
    {
      cause: error,
    },
  );
}

async function findKey(executor: Executor, place: { readonly organizationId: string; readonly key: string }) {
  const [row] = await executor
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.organizationId, place.organizationId), eq(idempotencyKeys.key, place.key)));
  return row;
}
