import type { StoredEvent, EventLanguageRow } from "../events/event.store.ts";
import { watchUrl } from "../events/watch-url.ts";
import type { RequestContext } from "../graphql/request.ts";
import { playbacksOfSessionLoader } from "../sessions/session.loaders.ts";

/** Where an attendee watches a language: null while there is nothing to watch. */
export async function publicHlsUrl(
  context: RequestContext,
  { status, access }: Pick<StoredEvent, "status" | "access">,
  { sessionId }: Pick<EventLanguageRow, "sessionId">,
): Promise<string | null> {
  if (status !== "LIVE" && status !== "ON_DEMAND") return null;
  const [playback] = (await context.loaders.of(playbacksOfSessionLoader).load(sessionId)) ?? [];
  return playback ? watchUrl(context, access, playback.pathToken) : null;
}
