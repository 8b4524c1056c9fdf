import type { BulkVerb } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import type { Verb } from "./session.rules.ts";
import { markSlates, type LockedSession } from "./session.store.ts";
import type { Decision } from "./session.transitions.ts";

export interface SlateVerb {
  readonly name: string;
  readonly verb: Verb;
  readonly isWanted: boolean;
  readonly decide: (session: LockedSession) => Decision;
}

/** A verb that asks for slates to be shown or hidden; what then shows is for the encoder to tell. */
export function slateVerb({ name, verb, isWanted, decide }: SlateVerb): BulkVerb {
  return {
    name,
    verb,
    decide: async () => decide,
    async apply(context, accepted) {
      await markSlates(
        context.transaction,
        accepted.map((session) => session.id),
        { isWanted, command: { verb, actor: context.actor.name, at: context.clock.now() } },
      );
      await logSessionChanges(
        context,
        "UPDATED",
        accepted.map(({ id, state }) => ({ id, before: state, after: state })),
      );
    },
  };
}
