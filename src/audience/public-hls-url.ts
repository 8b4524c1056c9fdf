import type { StoredEvent, EventLanguageRow } from "../events/event.store.ts";
import type { RequestContext } from "../graphql/request.ts";
import { playbacksOfSessionLoader } from "../sessions/session.loaders.ts";

/** Where an attendee watches a language: null while there is nothing to watch. */
export async function publicHlsUrl(
  { loaders, publicUrl }: RequestContext,
  { status }: Pick<StoredEvent, "status">,
  { sessionId }: Pick<EventLanguageRow, "sessionId">,
): Promise<string | null> {
  if (status !== "LIVE" && status !== "ON_DEMAND") return null;
  const [playback] = (await loaders.of(playbacksOfSessionLoader).load(sessionId)) ?? [];
  return playback ? `${publicUrl}/live/${playback.pathToken}/index.m3u8` : null;
}
