import type { MessagingMode } from "./talk.ts";

/** An event as its attendees see it. */
export interface WatchedEvent {
  readonly title: string;
  readonly details: string | null;
  readonly status: "SCHEDULED" | "LIVE" | "ENDED" | "ON_DEMAND";
  readonly startsAt: string | null;
  readonly messagingMode: MessagingMode;
  readonly onDemand: { readonly blockers: readonly { readonly code: string }[] };
  readonly languages: readonly WatchedLanguage[];
}

export interface WatchedLanguage {
  readonly code: string;
  readonly label: string;
  readonly hlsUrl: string | null;
  /** In the order to be watched; no address while what keeps one is away. */
  readonly recordings: readonly { readonly id: string; readonly url: string | null; readonly captionsUrl: string | null }[];
}

const LIVE_MILLISECONDS = 8_000;
const SOON_MILLISECONDS = 4_000;
const LATER_MILLISECONDS = 30_000;
/** An event may begin so long before it is announced to. */
const SOON_MINUTES = 15;

const dateAndTime = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });

/** How long to wait until the event is looked at again; it differs, so that not all who watch ask at once. */
export function nextLookMilliseconds(event: WatchedEvent | null): number {
  return usualMilliseconds(event) * (0.75 + Math.random() / 2);
}

function usualMilliseconds(event: WatchedEvent | null): number {
  if (event === null) return SOON_MILLISECONDS;
  if (event.status === "LIVE") return LIVE_MILLISECONDS;
  if (isFinishing(event)) return SOON_MILLISECONDS;
  if (event.status !== "SCHEDULED") return LATER_MILLISECONDS;
  const isLater = event.startsAt !== null && Date.parse(event.startsAt) - Date.now() > SOON_MINUTES * 60_000;
  return isLater ? LATER_MILLISECONDS : SOON_MILLISECONDS;
}

/** Its recording will be there in a moment. */
function isFinishing({ status, onDemand }: WatchedEvent): boolean {
  return status === "ENDED" && !onDemand.blockers.some(({ code }) => code === "NO_RECORDING");
}

/** What there is to say in the place of a picture; null where the event has no language of that code. */
export function wordsFor(event: WatchedEvent, language: WatchedLanguage | null): string {
  const { status, startsAt } = event;
  if (isFinishing(event)) return "The event has ended. Its recording will be here in a moment.";
  if (status === "ENDED") return "The event has ended. Thank you for watching.";
  if (status === "ON_DEMAND") {
    const isAway = language !== null && language.recordings.length > 0;
    return isAway ? "The recording cannot be reached now." : "The event has ended. There is no recording in this language.";
  }
  if (status !== "SCHEDULED") return "There is no picture in this language now.";
  const isAhead = startsAt !== null && Date.parse(startsAt) > Date.now();
  const when = isAhead ? `It begins on ${dateAndTime.format(new Date(startsAt))}.` : "The event has not begun yet.";
  return `${when} This page starts by itself.`;
}
