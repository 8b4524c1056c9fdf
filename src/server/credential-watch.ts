import { filterLiveKeyIds } from "../access/api-key.store.ts";
import type { Actor } from "../access/actor.ts";
import type { Context } from "../access/context.ts";

/** A credential that has ended, or was revoked, keeps what it opened for no longer than this and the statement that finds it out. */
const CHECK_MILLISECONDS = 500;

/** Ends what outlives its credential: all that is open is checked with one statement. */
export interface CredentialWatch {
  /** Calls `end` once, when the actor's credential has ended or was revoked; gives the function that ends the watch of it. */
  readonly add: (actor: Actor, end: () => void) => () => void;
  /** Whether the actor's credential is good now. */
  readonly isGood: (actor: Actor) => Promise<boolean>;
  readonly close: () => void;
}

interface Watched {
  readonly apiKeyId: string | null;
  readonly expiresAt: Date | null;
  readonly end: () => void;
}

export function watchCredentials({ database, clock, log }: Pick<Context, "database" | "clock" | "log">): CredentialWatch {
  const watched = new Set<Watched>();
  let isChecking = false;

  async function check(): Promise<void> {
    const now = clock.now();
    endAll(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
    const ids = new Set([...watched].flatMap(({ apiKeyId }) => apiKeyId ?? []));
    if (isChecking || ids.size === 0) return;
    isChecking = true;
    try {
      const live = new Set(await filterLiveKeyIds(database.executor, [...ids]));
      endAll(({ apiKeyId }) => apiKeyId !== null && ids.has(apiKeyId) && !live.has(apiKeyId));
    } catch (error) {
      // While the database is away nothing is delivered either; the next check decides.
      log.debug({ err: error }, "credentials could not be checked");
    } finally {
      isChecking = false;
    }
  }

  function endAll(hasEnded: (each: Watched) => boolean): void {
    for (const each of watched) {
      if (!hasEnded(each)) continue;
      watched.delete(each);
      each.end();
    }
  }

  const timer = setInterval(() => void check(), CHECK_MILLISECONDS);
  timer.unref();

  return {
    add({ apiKeyId, expiresAt }, end) {
      const added = { apiKeyId, expiresAt, end };
      watched.add(added);
      return () => watched.delete(added);
    },
    async isGood({ apiKeyId, expiresAt }) {
      if (expiresAt && expiresAt <= clock.now()) return false;
      return apiKeyId === null || (await filterLiveKeyIds(database.executor, [apiKeyId])).length > 0;
    },
    close: () => clearInterval(timer),
  };
}
