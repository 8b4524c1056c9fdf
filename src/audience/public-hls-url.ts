import type { StoredEvent, EventLanguageRow } from "../events/event.store.ts";
import { watchUrl } from "../events/watch-url.ts";
import type { RequestContext } from "../graphql/request.ts";
import { playbacksOfSessionLoader } from "../sessions/session.loaders.ts";

/** Where an attendee watches a language live: null while it is not. */
export async function publicHlsUrl(
  context: RequestContext,
  { status, access }: Pick<StoredEvent, "status" | "access">,
  { sessionId }: Pick<EventLanguageRow, "sessionId">,
): Promise<string | null> {
  if (status !== "LIVE") return null;
  const [playback] = (await context.loaders.of(playbacksOfSessionLoader).load(sessionId)) ?? [];
  return playback ? watchUrl(context, access, playback.pathToken) : null;
}
