import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { noteEdits } from "../sessions/pending-changes.store.ts";
import { logSessionChanges } from "../sessions/session.changes.ts";
import { Verb } from "../sessions/session.rules.ts";
import { markCommand, selectSessionStates, type LockedSession } from "../sessions/session.store.ts";
import { isSameSettings } from "./process.rules.ts";
import { processChanges, type ProcessStep } from "./process.state.ts";
import { ofSessions, readLoggedProcesses, type LoggedProcess } from "./process.store.ts";

/**
 * The frame of every edit of the processes of locked sessions: runs `edit`, and tells the change log what became of the processes and
 * of their sessions. A call that changes nothing is told to nobody.
 */
export async function editProcesses<T>(
  context: TransactionContext,
  sessions: readonly LockedSession[],
  edit: () => Promise<T>,
): Promise<T> {
  const { transaction, actor, clock } = context;
  const sessionIds = sessions.map(({ id }) => id);
  const before = await readLoggedProcesses(transaction, ofSessions(sessionIds));
  const result = await edit();
  const after = await readLoggedProcesses(transaction, ofSessions(sessionIds));
  const steps = findSteps(before, after);
  if (steps.length === 0) return result;
  const touched = new Set(steps.map(({ before: was, after: is }) => (is ?? was)?.sessionId));
  const touchedIds = sessionIds.filter((id) => touched.has(id));
  await markCommand(transaction, touchedIds, { verb: Verb.CONFIGURE, actor: actor.name, at: clock.now() });
  await noteEdits(transaction, touchedIds);
  const states = await selectSessionStates(transaction, touchedIds);
  await appendChanges(transaction, processChanges(steps, { at: clock.now(), actor: actor.name }));
  await logSessionChanges(
    context,
    "UPDATED",
    sessions.flatMap(({ id, state }) => (touched.has(id) ? [{ id, before: state, after: states.get(id) ?? null }] : [])),
  );
  return result;
}

function findSteps(before: ReadonlyMap<string, LoggedProcess>, after: ReadonlyMap<string, LoggedProcess>): readonly ProcessStep[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    const organizationId = (is ?? was)?.organizationId ?? "";
    if (was && is && was.settings.isRemoved === is.settings.isRemoved && isSameSettings(was.settings, is.settings)) return [];
    return [{ id, organizationId, before: was?.state ?? null, after: is?.state ?? null }];
  });
}
