import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { Verb } from "./session.rules.ts";
import { decideShowSlate } from "./session.transitions.ts";
import { slateVerb } from "./slate-verb.ts";

const SHOW_SLATE = slateVerb({ name: "show slates", verb: Verb.SHOW_SLATE, isWanted: true, decide: decideShowSlate });

/** Shows the slate of running sessions instead of their signal, the sound muted, until it is hidden. */
export async function showSlates(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "show slates");
  return runBulk(context, SHOW_SLATE, input);
}
