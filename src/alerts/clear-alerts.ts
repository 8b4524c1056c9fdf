import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import { newIdentifier } from "../shared/identifier.ts";
import type { ClearAlerts } from "./alert.input.ts";
import { markAlertsCleared } from "./alert.store.ts";
import { editAlerts } from "./edit-alerts.ts";
import { clearAlerts as clear } from "./reconcile-alerts.rules.ts";

/** Clears alerts by name, all or none, and gives their ids. Where the cause still holds, a new alert is raised at once. */
export async function clearAlerts(context: Context, { ids }: ClearAlerts): Promise<readonly string[]> {
  const { actor } = context;
  assertPermission(actor, "clear alerts");
  return editAlerts(context, {
    name: "clear alerts",
    verb: Verb.CLEAR_ALERTS,
    ids,
    decide: (open, at) => clear({ known: open, at, newId: () => newIdentifier("alert"), clearedBy: actor.name }),
    mark: ({ transaction }, sessionIds, at) => markAlertsCleared(transaction, sessionIds, { at, actor: actor.name }),
  });
}
