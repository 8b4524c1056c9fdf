import type { TransactionContext } from "../access/context.ts";
import { goLive } from "../events/go-live.ts";
import { startEventTest } from "../events/start-event-test.ts";
import { stopEventTest } from "../events/stop-event-test.ts";
import { stopEvent } from "../events/stop-event.ts";
import type { SessionBulkAnswer, SessionSelection } from "../sessions/bulk.ts";
import { restartSessions } from "../sessions/restart-sessions.ts";
import { Verb } from "../sessions/session.rules.ts";
import { startSessions } from "../sessions/start-sessions.ts";
import { stopSessions } from "../sessions/stop-sessions.ts";
import { switchSessionInputs } from "../sessions/switch-session-inputs.ts";
import type { UserError } from "../shared/user-error.ts";
import type { ScheduledActionRow } from "./scheduled-action.store.ts";

/** Errors of a bulk verb that are kept with its action: the first so many. */
const ERRORS_LIMIT = 100;

/** Does what an action asks for by the verb itself, so that the same rules hold; gives what the verb told of single sessions. */
export async function performAction(context: TransactionContext, action: ScheduledActionRow): Promise<readonly UserError[]> {
  const id = action.eventId ?? "";
  const { selection = { ids: [] }, toPath = "A", confirmBackupOnly = false } = action.work;
  const bulk = { selection: selection as SessionSelection, dryRun: false };
  switch (action.verb) {
    case Verb.START_TEST:
      return done(await startEventTest(context, { id }));
    case Verb.STOP_TEST:
      return done(await stopEventTest(context, { id }));
    case Verb.GO_LIVE:
      return done(await goLive(context, { id, confirmBackupOnly }));
    case Verb.STOP_EVENT:
      // Whoever schedules the end of an event has confirmed it by that.
      return done(await stopEvent(context, { id, confirm: true }));
    case Verb.START:
      return errorsOf(await startSessions(context, bulk));
    case Verb.STOP:
      return errorsOf(await stopSessions(context, bulk));
    case Verb.RESTART:
      return errorsOf(await restartSessions(context, bulk));
    case Verb.SWITCH_INPUT:
      return errorsOf(await switchSessionInputs(context, { ...bulk, toPath }));
    default:
      throw new Error(`${action.verb} is not done at a time`);
  }
}

function done(_id: string): readonly UserError[] {
  return [];
}

/** What was skipped or refused, with the session's id in the path. */
function errorsOf({ results }: SessionBulkAnswer): readonly UserError[] {
  return results.flatMap(({ id, error }) => (error ? [{ ...error, path: [...error.path, id] }] : [])).slice(0, ERRORS_LIMIT);
}
