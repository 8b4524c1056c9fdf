import type { TransactionContext } from "../access/context.ts";
import { listPlaybacksOfSessions } from "../playbacks/playback.store.ts";
import { editProcesses } from "../processes/edit-processes.ts";
import { writeProcesses } from "../processes/process.store.ts";
import { noteEdits } from "../sessions/pending-changes.store.ts";
import { logPendingChanges } from "../sessions/session.changes.ts";
import { lockSessions, selectSessionStates } from "../sessions/session.store.ts";
import { groupBy } from "../shared/group-by.ts";
import { lockTemplateFacts } from "../templates/template.facts.ts";
import { takeProcessSettings } from "./event-session.store.ts";
import { sessionIdsOf } from "./move-event.ts";
import { recordedRendition } from "./recording.rules.ts";
import type { StoredEvent } from "./event.store.ts";

/** Has the sessions of a locked event that goes live make what is configured, and a recording of each language where that is wanted. */
export async function recordShow(context: TransactionContext, event: StoredEvent): Promise<void> {
  if (event.recordingEnabled) await enableRecordings(context, event);
  await takeSettings(context, sessionIdsOf(event));
}

/** What waited for a start no longer does, and whoever follows the sessions is told so. */
async function takeSettings(context: TransactionContext, sessionIds: readonly string[]): Promise<void> {
  const { transaction } = context;
  const before = await selectSessionStates(transaction, sessionIds);
  await takeProcessSettings(transaction, sessionIds);
  await noteEdits(transaction, sessionIds);
  await logPendingChanges(context, before, await selectSessionStates(transaction, sessionIds));
}

/** One for each language, of the best that is encoded for it; what is configured otherwise stays beside it. */
async function enableRecordings(context: TransactionContext, event: StoredEvent): Promise<void> {
  const { transaction, actor } = context;
  const sessionIds = sessionIdsOf(event);
  const sessions = [...(await lockSessions(transaction, actor.organizationId, sessionIds)).values()];
  const templates = await lockTemplateFacts(transaction, actor.organizationId);
  const playbacks = await listPlaybacksOfSessions(transaction, actor.organizationId, sessionIds);
  const items = [...groupBy(playbacks, ({ sessionId }) => sessionId)].map(([sessionId, [playback]]) => {
    // What was taken from the template since is still encoded, and has nothing to hang a process on.
    const known = new Set(templates.get(playback?.templateId ?? "")?.renditions.map(({ id }) => id));
    const rendition = recordedRendition((playback?.startedRenditions ?? []).filter(({ id }) => known.has(id)));
    const settings = { isEnabled: true, intervalSeconds: null, durationSeconds: null };
    const wanted =
      playback && rendition ? [{ playbackId: playback.id, renditionId: rendition.id, kind: "RECORDING", settings } as const] : [];
    return { sessionId, wanted };
  });
  await editProcesses(context, sessions, () => writeProcesses(transaction, actor.organizationId, items));
}
