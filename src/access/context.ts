import type { Bell } from "../changes/bell.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { NetworkPolicy } from "../network/network-policy.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import type { Actor } from "./actor.ts";
import type { Vault } from "./vault.ts";

/** What every verb and store call of one request works with. The composition root fills in all but the caller. */
export interface Context {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly bell: Bell;
  readonly network: NetworkPolicy;
  /** The region that new sessions are put in when none is named. */
  readonly defaultRegion: string;
  /** What organizations keep of their assets that have no limits of their own; null for no limit. */
  readonly assetRetention: { readonly days: number | null; readonly bytes: number | null };
  /** The base of the addresses that players open, without a slash at its end. */
  readonly publicUrl: string;
  readonly actor: Actor;
  /** Where the call comes from; null where it comes from no network. */
  readonly ipAddress: string | null;
  readonly requestId: string;
  /** Aborted once nobody waits for the answer: the caller went away, or this process ends. Left out where neither is known. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of a context that belongs to one call. */
export type CallContext = Pick<Context, "actor" | "ipAddress" | "requestId" | "signal">;

/** A context within an open transaction. */
export type TransactionContext = Context & { readonly transaction: Transaction };

/**
 * Runs `work` in one transaction, in the open one where there is one. The bell rings once it is committed,
 * outside of it, since a NOTIFY inside made every commit in the cluster wait for the others.
 */
export async function inTransaction<T>(
  context: Context | TransactionContext,
  name: string,
  work: (context: TransactionContext) => Promise<T>,
): Promise<T> {
  if ("transaction" in context) return work(context);
  const result = await context.database.transaction(name, (transaction) => work({ ...context, transaction }), context.log);
  context.bell.ring();
  return result;
}
