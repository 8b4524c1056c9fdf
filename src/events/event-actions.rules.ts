import type { Permission } from "../access/level.rules.ts";
import { checkGoLive, decideEditIngest, decideStartTest, decideStopEvent, decideStopTest, type DecidedEvent } from "./event.transitions.ts";
import type { UserError } from "../shared/user-error.ts";

/** What can be asked of an event, each with the right that it wants. */
export const EVENT_ACTION_PERMISSIONS = {
  startTest: "test events",
  stopTest: "test events",
  goLive: "take events live",
  stop: "stop events",
  edit: "edit events",
} as const satisfies Readonly<Record<string, Permission>>;
export type EventActionName = keyof typeof EVENT_ACTION_PERMISSIONS;

/** What stands against each now, by the very decisions that the verbs make; the caller's rights are not looked at, and confirmations taken as given. */
export function findEventBlockers(event: DecidedEvent): Readonly<Record<EventActionName, readonly UserError[]>> {
  return {
    startTest: decideStartTest(event).refusals,
    stopTest: decideStopTest(event).refusals,
    goLive: checkGoLive(event).blockers,
    stop: decideStopEvent(event, true).refusals,
    edit: decideEditIngest(event).refusals,
  };
}
