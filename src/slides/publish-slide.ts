import { z } from "zod";
import type { Context } from "../access/context.ts";
import { logEventChanges } from "../events/event.changes.ts";
import { updateEventRow } from "../events/event.store.ts";
import { withEvent } from "../events/require-event.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { listSlides } from "./slide.store.ts";

export const publishSlideInput = z.object({ eventId: z.string(), number: z.number().int().nullish() });
export type PublishSlide = z.output<typeof publishSlideInput>;

const PUBLISH = { permission: "publish slides", verb: Verb.CONFIGURE, name: "publish slide" } as const;

/** Shows a slide to all attendees in the place of the one before, or none, while the event is live. Gives the event's id. */
export async function publishSlide(context: Context, { eventId, number = null }: PublishSlide): Promise<string> {
  return withEvent(context, PUBLISH, { id: eventId, path: ["input", "eventId"] }, async (transactionContext, event) => {
    if (event.status !== "LIVE") {
      const message = "Slides are published while the event is live.";
      throw new Refusal({ code: UserErrorCode.NOT_LIVE, message, path: ["input", "eventId"] });
    }
    const { transaction, clock } = transactionContext;
    const slides = number === null ? [] : await listSlides(transaction, [event.id]);
    if (number !== null && !slides.some((slide) => slide.number === number)) {
      const message = slides.length === 0 ? "The event has no presentation." : `The presentation has slides 1 to ${slides.length}.`;
      throw new Refusal({ code: UserErrorCode.NOT_FOUND, message, path: ["input", "number"] });
    }
    if (event.publishedSlide === number) return;
    await updateEventRow(transaction, event.id, { publishedSlide: number, updatedAt: clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: { ...event, publishedSlide: number } }]);
  });
}
