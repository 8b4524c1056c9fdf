import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { Verb } from "./session.rules.ts";
import { decideHideSlate } from "./session.transitions.ts";
import { slateVerb } from "./slate-verb.ts";

const HIDE_SLATE = slateVerb({ name: "hide slates", verb: Verb.HIDE_SLATE, isWanted: false, decide: decideHideSlate });

/** Takes the slate that was asked for from running sessions; one that shows by itself goes once the input is back. */
export async function hideSlates(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "hide slates");
  return runBulk(context, HIDE_SLATE, input);
}
