import { assertPermission } from "../access/actor.ts";
import type { Context, TransactionContext } from "../access/context.ts";
import { runBulk, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb, type InputPath } from "./session.rules.ts";
import { markSwitching, type LockedSession } from "./session.store.ts";
import { decideSwitch } from "./session.transitions.ts";

export interface SwitchSessionInputsInput extends SessionBulkInput {
  readonly toPath: InputPath;
}

/** Asks for running sessions to take their signal from the other path; once the encoder did, `activePath` says so. */
export async function switchSessionInputs(context: Context, input: SwitchSessionInputsInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "switch inputs");
  const { toPath } = input;
  const verb = {
    name: "switch session inputs",
    verb: Verb.SWITCH_INPUT,
    decide: async () => (session: LockedSession) => decideSwitch(session, toPath),
    apply: (transactionContext: TransactionContext, accepted: readonly LockedSession[]) => apply(transactionContext, accepted, toPath),
  };
  return runBulk(context, verb, input);
}

async function apply(context: TransactionContext, accepted: readonly LockedSession[], toPath: InputPath): Promise<void> {
  const command = { verb: Verb.SWITCH_INPUT, actor: context.actor.name, at: context.clock.now() };
  await markSwitching(
    context.transaction,
    accepted.map((session) => session.id),
    { toPath, command },
  );
  await logSessionChanges(
    context,
    "UPDATED",
    accepted.map(({ id, state }) => ({ id, before: state, after: state })),
  );
}
