import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { markSlates } from "./session.store.ts";
import { decideShowSlate } from "./session.transitions.ts";

const SHOW_SLATE: BulkVerb = {
  name: "show slates",
  verb: Verb.SHOW_SLATE,
  decide: async () => decideShowSlate,
  async apply(context, accepted) {
    await markSlates(
      context.transaction,
      accepted.map((session) => session.id),
      { isWanted: true, command: { verb: Verb.SHOW_SLATE, actor: context.actor.name, at: context.clock.now() } },
    );
    await logSessionChanges(
      context,
      "UPDATED",
      accepted.map(({ id, state }) => ({ id, before: state, after: state })),
    );
  },
};

/** Shows the slate of running sessions instead of their signal, the sound muted, until it is hidden. */
export async function showSlates(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "show slates");
  return runBulk(context, SHOW_SLATE, input);
}
