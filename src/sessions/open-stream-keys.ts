import type { TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { findStreamKeys, findUsedStreamKeys, lockStreamKeys } from "./secret.store.ts";
import { INPUT_TYPE_FACTS } from "./session.rules.ts";
import type { LockedSession } from "./session.store.ts";
import type { Decision } from "./session.transitions.ts";

/**
 * Gives the function that takes a session's stream key for its start, or says why not. Whoever pushes is told apart by the key alone,
 * so that of all sessions of the installation that have one key, one may be started: with a second one, whoever starts it would be
 * given the signal that is pushed to the first. The refusal does not say whose that is.
 */
export async function openStreamKeys(
  context: TransactionContext,
  sessions: readonly LockedSession[],
): Promise<(session: LockedSession) => Decision | null> {
  const pushed = sessions.filter(takesStreamKey);
  if (pushed.length === 0) return () => null;
  const digests = await findStreamKeys(
    context.transaction,
    pushed.map(({ id }) => id),
  );
  await lockStreamKeys(context.transaction, [...digests.values()]);
  const used = new Set(await findUsedStreamKeys(context.transaction, [...digests.values()]));
  return ({ id }) => {
    const digest = digests.get(id);
    if (digest === undefined) return null;
    if (used.has(digest)) return TAKEN;
    used.add(digest);
    return null;
  };
}

/** Those of the sessions whose stream key another one that is started has, without keeping it so: for those who only look. */
export async function readTakenStreamKeys(executor: Executor, sessions: readonly LockedSession[]): Promise<ReadonlyMap<string, Decision>> {
  const pushed = sessions.filter(takesStreamKey);
  if (pushed.length === 0) return new Map();
  const digests = await findStreamKeys(
    executor,
    pushed.map(({ id }) => id),
  );
  const used = new Set(await findUsedStreamKeys(executor, [...digests.values()]));
  return new Map([...digests].flatMap(([id, digest]) => (used.has(digest) ? [[id, TAKEN] as const] : [])));
}

function takesStreamKey({ status, state }: LockedSession): boolean {
  return INPUT_TYPE_FACTS[state.inputType].isPush && isStartable(status);
}

function isStartable(status: LockedSession["status"]): boolean {
  return status === "STOPPED" || status === "FAILED";
}

const TAKEN: Decision = {
  outcome: "FAILED",
  code: UserErrorCode.INVALID_STATE,
  message: "Another session that is started takes pushes with this stream key. Stop it, or give this one another key.",
};
