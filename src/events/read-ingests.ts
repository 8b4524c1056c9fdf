import type { Executor } from "../database/database.ts";
import { signalsOf } from "./event-ingest.rules.ts";
import { readPaths } from "./event-session.store.ts";
import type { StoredEvent } from "./event.store.ts";
import type { DecidedEvent } from "./event.transitions.ts";

/** What decisions about an event look at: its status, and the signals of its languages as their encoders see them now. */
export async function readDecidedEvent(executor: Executor, event: StoredEvent): Promise<DecidedEvent> {
  const paths = await readPaths(
    executor,
    event.languages.map(({ sessionId }) => sessionId),
  );
  return {
    status: event.status,
    languages: event.languages.map((language) => ({
      code: language.code,
      ...signalsOf(language, paths.get(language.sessionId) ?? null),
    })),
  };
}
