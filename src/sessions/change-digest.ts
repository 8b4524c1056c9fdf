import { assertMayRead } from "../access/actor.ts";
import { readFlushedExtent } from "../changes/change.store.ts";
import { cursorOf, resumeAfter } from "../changes/cursor.ts";
import { positionAt } from "../changes/position.ts";
import type { RequestContext } from "../graphql/request.ts";
import { selectSessionDigests, type SessionDigestReading } from "./change-digest.store.ts";
import { compileSessionFilter, type SessionFilter } from "./session.filter.ts";
import { sessionLoader } from "./session.loaders.ts";
import type { SessionStatus } from "./session.rules.ts";
import type { SessionRow } from "./session.store.ts";

/** Rows of one digest: whoever was away for so long that there are more reads its sessions anew. */
export const DIGEST_LIMIT = 1_000;

export interface SessionDigest {
  readonly session: SessionRow;
  readonly isNew: boolean;
  readonly statusBefore: SessionStatus;
  readonly status: SessionStatus;
  readonly downSeconds: number;
  readonly alertsRaised: number;
}

export interface ChangeDigest {
  /** The position that the digest reaches to. */
  readonly cursor: string;
  /** Whether changes behind the given cursor are not kept any more. */
  readonly isLagged: boolean;
  readonly alertsRaised: number;
  readonly sessionCount: number;
  readonly sessions: readonly SessionDigest[];
  readonly deletedSessions: readonly { readonly id: string; readonly name: string }[];
}

/** What happened to the caller's sessions since a cursor. Throws BAD_USER_INPUT for a text that is no cursor. */
export async function changeDigest(
  context: RequestContext,
  { after, filter }: { readonly after: string; readonly filter: SessionFilter },
): Promise<ChangeDigest> {
  assertMayRead(context.actor, "read");
  const { database, actor, clock } = context;
  const extent = await readFlushedExtent(database.executor);
  const { position, hasGap, at: since } = resumeAfter(after, extent);
  const now = clock.now();
  const { organizationId } = actor;
  const readings = await selectSessionDigests(database.executor, { organizationId, position, since, to: extent.snapshot, now });
  const isMeant = compileSessionFilter(filter);
  const meant = readings.filter(({ id, before, after: state }) => (before && isMeant(id, before)) || (state && isMeant(id, state)));
  const there = meant.filter(({ after: state }) => state !== null).toSorted(worstFirst);
  return {
    cursor: cursorOf({ log: extent.log, position: positionAt(extent.snapshot), at: now }),
    isLagged: hasGap,
    alertsRaised: meant.reduce((sum, { alertsRaised }) => sum + alertsRaised, 0),
    sessionCount: there.length,
    sessions: await present(context, there.slice(0, DIGEST_LIMIT)),
    deletedSessions: meant
      .flatMap(({ id, before, after: state }) => (before && !state ? [{ id, name: before.name }] : []))
      .slice(0, DIGEST_LIMIT),
  };
}

function worstFirst(one: SessionDigestReading, other: SessionDigestReading): number {
  return other.downSeconds - one.downSeconds || other.alertsRaised - one.alertsRaised || (one.id < other.id ? -1 : 1);
}

/** Those that were deleted since the digest was read are left out: the next one tells. */
async function present(context: RequestContext, readings: readonly SessionDigestReading[]): Promise<readonly SessionDigest[]> {
  const loader = context.loaders.of(sessionLoader);
  const digests = await Promise.all(
    readings.map(async ({ id, before, after, downSeconds, alertsRaised }) => {
      const session = await loader.load(id);
      if (!session || !after) return [];
      return [
        { session, isNew: before === null, statusBefore: before?.status ?? "STOPPED", status: after.status, downSeconds, alertsRaised },
      ];
    }),
  );
  return digests.flat();
}
