import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { markSlates } from "./session.store.ts";
import { decideHideSlate } from "./session.transitions.ts";

const HIDE_SLATE: BulkVerb = {
  name: "hide slates",
  verb: Verb.HIDE_SLATE,
  decide: async () => decideHideSlate,
  async apply(context, accepted) {
    await markSlates(
      context.transaction,
      accepted.map((session) => session.id),
      { isWanted: false, command: { verb: Verb.HIDE_SLATE, actor: context.actor.name, at: context.clock.now() } },
    );
    await logSessionChanges(
      context,
      "UPDATED",
      accepted.map(({ id, state }) => ({ id, before: state, after: state })),
    );
  },
};

/** Takes the slate that was asked for from running sessions; one that shows by itself goes once the input is back. */
export async function hideSlates(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "show slates");
  return runBulk(context, HIDE_SLATE, input);
}
