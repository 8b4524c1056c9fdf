import type { TransactionContext } from "../access/context.ts";
import { brokenConstraint } from "../database/sql-state.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { findStreamKeyHolders, streamKeyDigest } from "./secret.store.ts";

/** A stream key that a caller chose, and where in the input it stands. */
export interface ChosenStreamKey {
  readonly streamKey: string;
  readonly path: readonly string[];
  /** The session that is to have it, which may have it already; null for a new one. */
  readonly sessionId: string | null;
}

/**
 * Refuses stream keys that another session of the installation has: whoever pushes is told apart by the key alone. The refusal is
 * the same whoever has it, so that it says nothing about others.
 */
export async function refuseTakenStreamKeys(context: TransactionContext, chosen: readonly ChosenStreamKey[]): Promise<void> {
  if (chosen.length === 0) return;
  const digests = chosen.map(({ streamKey }) => streamKeyDigest(context.vault, streamKey));
  const holders = await findStreamKeyHolders(context.transaction, digests);
  const errors = chosen.flatMap(({ path, sessionId }, index): UserError[] => {
    const digest = digests[index] ?? "";
    const holder = holders.get(digest);
    const isTaken = (holder !== undefined && holder !== sessionId) || digests.indexOf(digest) < index;
    return isTaken ? [takenStreamKey(path)] : [];
  });
  if (errors.length > 0) throw new Refusal(...errors);
}

/** Runs a write of secrets; where another call took a key since it was looked for, that is refused as well. */
export async function writeUnlessTaken<T>(path: readonly string[], write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (brokenConstraint(error) === STREAM_KEY_CONSTRAINT) throw new Refusal(takenStreamKey(path));
    throw error;
  }
}

const STREAM_KEY_CONSTRAINT = "secrets_stream_key_digest";
export const TAKEN_STREAM_KEY = "cannot be used. Choose another one, or leave it out to have one generated";

function takenStreamKey(path: readonly string[]): UserError {
  return { code: UserErrorCode.INVALID_VALUE, message: `This stream key ${TAKEN_STREAM_KEY}.`, path };
}
