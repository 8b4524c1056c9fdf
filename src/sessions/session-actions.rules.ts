import type { Permission } from "../access/level.rules.ts";
import type { UserError } from "../shared/user-error.ts";
import {
  decideConfigureProcesses,
  decideDelete,
  decideEdit,
  decideHideSlate,
  decideRestart,
  decideShowSlate,
  decideStart,
  decideStop,
  decideSwitch,
  type ControlledSession,
  type DecidedSession,
  type Decision,
} from "./session.transitions.ts";

/** What can be asked of a session, each with the right that it wants. */
export const ACTION_PERMISSIONS = {
  start: "start sessions",
  stop: "stop sessions",
  restart: "restart sessions",
  delete: "delete sessions",
  switchInput: "switch inputs",
  edit: "update sessions",
  clearAlerts: "clear alerts",
  showSlate: "show slates",
  hideSlate: "hide slates",
  configureProcesses: "configure processes",
} as const satisfies Readonly<Record<string, Permission>>;
export type ActionName = keyof typeof ACTION_PERMISSIONS;

/** Everything that the verbs decide by. */
export interface ActionFacts {
  readonly session: DecidedSession & ControlledSession;
  /** What keeps it from running, whatever its status; undefined when nothing does. */
  readonly startBlocker: Decision | undefined;
  /** What keeps it from being started beside those that are; undefined when nothing does. */
  readonly streamKeyBlocker: Decision | undefined;
  /** Whether there are alerts to clear. */
  readonly clearAlerts: Decision;
  readonly hasLiveProcessing: boolean;
}

/** What each verb would answer now, by the very decisions that the verbs make; the caller's rights are not looked at. */
export function decideActions({
  session,
  startBlocker,
  streamKeyBlocker,
  clearAlerts,
  hasLiveProcessing,
}: ActionFacts): Readonly<Record<ActionName, Decision>> {
  const unlessBlocked = (decision: Decision, blocker = startBlocker): Decision =>
    decision.outcome === "ACCEPTED" ? (blocker ?? decision) : decision;
  return {
    start: unlessBlocked(decideStart(session), startBlocker ?? streamKeyBlocker),
    stop: decideStop(session),
    restart: unlessBlocked(decideRestart(session)),
    delete: decideDelete(session),
    switchInput: decideSwitch(session, session.activePath === "A" ? "B" : "A"),
    edit: decideEdit(session),
    clearAlerts,
    showSlate: decideShowSlate(session),
    hideSlate: decideHideSlate(session),
    configureProcesses: decideConfigureProcesses({ hasLiveProcessing }),
  };
}

/** Whether something may be done now, and if not, everything that stands against it. */
export interface ActionState {
  readonly allowed: boolean;
  readonly blockers: readonly UserError[];
}

export function toActionState(levelRefusal: UserError | null, decision: Decision): ActionState {
  const blocker = decision.outcome === "ACCEPTED" ? [] : [{ code: decision.code, message: decision.message, path: [] }];
  const blockers = [...(levelRefusal ? [levelRefusal] : []), ...blocker];
  return { allowed: blockers.length === 0, blockers };
}
