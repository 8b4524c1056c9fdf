import { filterLiveKeyIds } from "../access/api-key.store.ts";
import type { Actor } from "../access/actor.ts";
import type { Context } from "../access/context.ts";

/** What a revoked credential opened ends within a second: after this long at most, and the statement that finds it out. */
const CHECK_MILLISECONDS = 500;
/** Longest delay that a timer takes; what ends later is looked at again then. */
const TIMER_LIMIT_MILLISECONDS = 2_147_483_647;

/** Ends what outlives its credential: all that is open is checked with one statement. */
export interface CredentialWatch {
  /** Calls `end` once, when the actor's credential has ended or was revoked; gives the function that ends the watch of it. */
  readonly add: (actor: Actor, end: () => void) => () => void;
  /** Whether the actor's credential is good now. */
  readonly isGood: (actor: Actor) => Promise<boolean>;
  readonly close: () => void;
}

export function watchCredentials({ database, clock, log }: Pick<Context, "database" | "clock" | "log">): CredentialWatch {
  const endsByKey = new Map<string, Set<() => void>>();
  let isChecking = false;

  async function check(): Promise<void> {
    if (isChecking || endsByKey.size === 0) return;
    isChecking = true;
    try {
      const ids = [...endsByKey.keys()];
      const live = new Set(await filterLiveKeyIds(database.executor, ids));
      for (const id of ids) if (!live.has(id)) for (const end of endsByKey.get(id) ?? []) end();
    } catch (error) {
      // While the database is away nothing is delivered either; the next check decides.
      log.debug({ err: error }, "credentials could not be checked");
    } finally {
      isChecking = false;
    }
  }

  const timer = setInterval(() => void check(), CHECK_MILLISECONDS);
  timer.unref();

  function addKey(id: string, end: () => void): () => void {
    const ends = endsByKey.get(id) ?? new Set();
    endsByKey.set(id, ends.add(end));
    return () => {
      ends.delete(end);
      if (ends.size === 0 && endsByKey.get(id) === ends) endsByKey.delete(id);
    };
  }

  function callAt(moment: Date, end: () => void): () => void {
    let timer: NodeJS.Timeout;
    function wait(): void {
      const remaining = moment.getTime() - clock.now().getTime();
      if (remaining <= 0) end();
      else timer = setTimeout(wait, Math.min(remaining, TIMER_LIMIT_MILLISECONDS)).unref();
    }
    timer = setTimeout(wait, 0).unref();
    return () => clearTimeout(timer);
  }

  return {
    add({ credential, expiresAt }, end) {
      const removals = [
        ...(credential.kind === "API_KEY" ? [addKey(credential.apiKeyId, end)] : []),
        ...(expiresAt ? [callAt(expiresAt, end)] : []),
      ];
      return () => removals.forEach((remove) => remove());
    },
    async isGood({ credential, expiresAt }) {
      if (expiresAt && expiresAt <= clock.now()) return false;
      return credential.kind !== "API_KEY" || (await filterLiveKeyIds(database.executor, [credential.apiKeyId])).length > 0;
    },
    close: () => clearInterval(timer),
  };
}
