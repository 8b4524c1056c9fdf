import { decideClear } from "../alerts/clear-session-alerts.ts";
import { readKnownAlerts } from "../alerts/alert.store.ts";
import { findLevelRefusal } from "../access/actor.ts";
import { defineLoader } from "../graphql/loaders.ts";
import { findOrganization } from "../organizations/organization.store.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { readStartBlockers } from "./find-start-blockers.ts";
import { readTakenStreamKeys } from "./open-stream-keys.ts";
import { ACTION_PERMISSIONS, decideActions, toActionState, type ActionName, type ActionState } from "./session-actions.rules.ts";
import { findSessions } from "./session.reads.ts";
import { readSessionFacts } from "./session.store.ts";

export type SessionActions = Readonly<Record<ActionName, ActionState>>;

/** What may be asked of sessions now by this caller, by the session's id: a fixed number of statements for a whole page. */
export const sessionActionsLoader = defineLoader<SessionActions>("session actions", async (context, ids) => {
  const { database, actor } = context;
  const visible = await findSessions(database.executor, actor.organizationId, ids);
  const facts = await readSessionFacts(
    database.executor,
    visible.map(({ id }) => id),
  );
  const sessions = [...facts.values()];
  const startBlockers = await readStartBlockers(context, sessions);
  const takenStreamKeys = await readTakenStreamKeys(database.executor, sessions);
  const alerts = await readKnownAlerts(
    database.executor,
    sessions.filter(({ state }) => state.hasOpenAlert).map(({ id }) => id),
  );
  const organization = await findOrganization(database.executor, actor.organizationId);
  const hasLiveProcessing = organization?.packages.includes("LIVE_PROCESSING") ?? false;
  return ids.map((id) => {
    const session = facts.get(id);
    if (!session) return GONE;
    const clearAlerts = decideClear(alerts.get(id) ?? []);
    const [startBlocker, streamKeyBlocker] = [startBlockers.get(id), takenStreamKeys.get(id)];
    const decisions = decideActions({ session, startBlocker, streamKeyBlocker, clearAlerts, hasLiveProcessing });
    return statesOf((name) => toActionState(findLevelRefusal(actor, ACTION_PERMISSIONS[name]), decisions[name]));
  });
});

function statesOf(stateOf: (name: ActionName) => ActionState): SessionActions {
  return {
    start: stateOf("start"),
    stop: stateOf("stop"),
    restart: stateOf("restart"),
    delete: stateOf("delete"),
    switchInput: stateOf("switchInput"),
    edit: stateOf("edit"),
    clearAlerts: stateOf("clearAlerts"),
    showSlate: stateOf("showSlate"),
    hideSlate: stateOf("hideSlate"),
    configureProcesses: stateOf("configureProcesses"),
  };
}

/** Of a session that was deleted since it was read. */
const GONE = statesOf(() =>
  toActionState(null, { outcome: "FAILED", code: UserErrorCode.NOT_FOUND, message: "There is no session with this id." }),
);
