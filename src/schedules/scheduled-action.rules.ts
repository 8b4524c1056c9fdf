import type { Permission } from "../access/level.rules.ts";
import { Verb } from "../sessions/session.rules.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";

/** What becomes of an action that is to be done at a time: SCHEDULED → RUNNING → DONE or FAILED, or CANCELLED before it runs. */
export const ScheduledActionStatus = {
  SCHEDULED: "SCHEDULED",
  RUNNING: "RUNNING",
  DONE: "DONE",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
} as const;
export type ScheduledActionStatus = (typeof ScheduledActionStatus)[keyof typeof ScheduledActionStatus];

/** Why an action was refused, or what of it was skipped. */
export type ActionError = UserError;

/** What a verb acts on, and the right that it wants. */
interface SchedulableVerb {
  readonly target: "EVENT" | "SESSIONS";
  readonly permission: Permission;
}

/** Everything that can be asked for at a time. */
export const SCHEDULABLE_VERBS: Partial<Readonly<Record<Verb, SchedulableVerb>>> = {
  START_TEST: { target: "EVENT", permission: "test events" },
  STOP_TEST: { target: "EVENT", permission: "test events" },
  GO_LIVE: { target: "EVENT", permission: "take events live" },
  STOP_EVENT: { target: "EVENT", permission: "stop events" },
  START: { target: "SESSIONS", permission: "start sessions" },
  STOP: { target: "SESSIONS", permission: "stop sessions" },
  RESTART: { target: "SESSIONS", permission: "restart sessions" },
  SWITCH_INPUT: { target: "SESSIONS", permission: "switch inputs" },
};

/** An action that could not be run for so long, since no gateway ran, is not run any more: nobody expects it then. */
export const LATENESS_LIMIT_MINUTES = 15;
/** How far ahead an action may lie. */
export const HORIZON_DAYS = 366;
/** Actions of one organization that wait at a time. */
export const WAITING_LIMIT = 1_000;

export interface ActionWish {
  readonly verb: Verb;
  readonly runAt: Date;
  readonly hasEvent: boolean;
  readonly hasSelection: boolean;
  readonly hasToPath: boolean;
  readonly confirmsBackupOnly: boolean;
}

/** Everything that is wrong with what is asked for; paths begin with "input". */
export function checkActionWish(wish: ActionWish, now: Date): readonly UserError[] {
  const facts = SCHEDULABLE_VERBS[wish.verb];
  if (!facts) {
    const verbs = Object.keys(SCHEDULABLE_VERBS).join(", ");
    return [error(UserErrorCode.NOT_APPLICABLE, "verb", `${wish.verb} cannot be scheduled; these can: ${verbs}.`)];
  }
  const isEvent = facts.target === "EVENT";
  return [
    ...checkTime(wish.runAt, now),
    ...expected(wish.hasEvent, isEvent, "eventId", `${wish.verb} acts on ${isEvent ? "an event: name it" : "sessions, not on an event"}.`),
    ...expected(
      wish.hasSelection,
      !isEvent,
      "selection",
      `${wish.verb} acts on ${isEvent ? "an event, not on sessions" : "sessions: say which"}.`,
    ),
    ...expected(
      wish.hasToPath,
      wish.verb === Verb.SWITCH_INPUT,
      "toPath",
      wish.verb === Verb.SWITCH_INPUT ? "Say to which path to switch." : "Only SWITCH_INPUT goes to a path.",
    ),
    ...(wish.confirmsBackupOnly && wish.verb !== Verb.GO_LIVE
      ? [error(UserErrorCode.NOT_APPLICABLE, "confirmBackupOnly", "Only GO_LIVE wants this confirmation.")]
      : []),
  ];
}

/** Whether an action that is due is run though it comes late. */
export function isTooLate(runAt: Date, now: Date): boolean {
  return now.getTime() - runAt.getTime() > LATENESS_LIMIT_MINUTES * 60_000;
}

function checkTime(runAt: Date, now: Date): readonly UserError[] {
  if (runAt <= now) return [error(UserErrorCode.INVALID_VALUE, "runAt", "runAt must lie in the future.")];
  if (runAt.getTime() - now.getTime() <= HORIZON_DAYS * 86_400_000) return [];
  return [error(UserErrorCode.INVALID_VALUE, "runAt", `runAt must lie within ${HORIZON_DAYS} days.`)];
}

function expected(isGiven: boolean, isWanted: boolean, field: string, message: string): readonly UserError[] {
  if (isGiven === isWanted) return [];
  return [error(isGiven ? UserErrorCode.NOT_APPLICABLE : UserErrorCode.REQUIRED, field, message)];
}

function error(code: UserErrorCode, field: string, message: string): UserError {
  return { code, message, path: ["input", field] };
}
