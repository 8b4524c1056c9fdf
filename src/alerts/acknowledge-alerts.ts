import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { AcknowledgeAlerts } from "./alert.input.ts";
import { editAlerts } from "./edit-alerts.ts";

/** Notes that somebody looks after open alerts, all or none, and gives their ids; they stay open. */
export async function acknowledgeAlerts(context: Context, { ids, note, snoozeUntil }: AcknowledgeAlerts): Promise<readonly string[]> {
  const { actor, clock } = context;
  assertPermission(actor, "acknowledge alerts");
  if (snoozeUntil && snoozeUntil <= clock.now()) {
    const path = ["input", "snoozeUntil"];
    throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message: "An alert is snoozed until a time that is still to come.", path });
  }
  return editAlerts(context, {
    name: "acknowledge alerts",
    verb: Verb.ACKNOWLEDGE_ALERTS,
    ids,
    refuseEnded: "The alert has ended; there is nothing to acknowledge.",
    decide: (open, at) =>
      open.map((alert) => ({
        kind: "ACKNOWLEDGED",
        before: alert,
        after: {
          ...alert,
          acknowledgedAt: at,
          acknowledgedBy: actor.name,
          ...(note !== undefined && { note: note || null }),
          ...(snoozeUntil !== undefined && { snoozedUntil: snoozeUntil }),
        },
      })),
  });
}
