import { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { logEventChanges } from "../events/event.changes.ts";
import { updateEventRow, type StoredEvent } from "../events/event.store.ts";
import { isOver } from "../events/event.transitions.ts";
import { lookAtEvent, withEvent } from "../events/require-event.ts";
import { Upload } from "../graphql/upload.ts";
import { insertImages } from "../images/image.store.ts";
import { Verb } from "../sessions/session.rules.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { FILE_COUNT_LIMIT } from "./presentation.rules.ts";
import { receivePresentation } from "./receive-presentation.ts";
import { deleteSlides, insertSlides } from "./slide.store.ts";

export const uploadPresentationInput = z.object({
  eventId: z.string(),
  files: z.array(z.instanceof(Upload)).min(1, "must hold at least one file").max(FILE_COUNT_LIMIT, `must be at most ${FILE_COUNT_LIMIT}`),
});
export type UploadPresentation = z.output<typeof uploadPresentationInput>;

const UPLOAD = { permission: "edit events", verb: Verb.CONFIGURE, name: "upload presentation" } as const;
const PATH_TOKEN_LENGTH = 26;
const EVENT_PATH = ["input", "eventId"];

/** Puts a presentation in the place of the one before, each page a slide; a slide that was published is withdrawn. Gives the event's id. */
export async function uploadPresentation(context: Context, { eventId, files }: UploadPresentation): Promise<string> {
  assertPermission(context.actor, UPLOAD.permission, UPLOAD.verb);
  const target = { id: eventId, path: EVENT_PATH };
  // What is refused in any case costs no page, and nothing is made into pictures while a transaction waits for it.
  refuseOver(await lookAtEvent(context, target));
  const pictures = await receivePresentation(files);
  return withEvent(context, UPLOAD, target, async (transactionContext, event) => {
    const { transaction, actor, clock } = transactionContext;
    refuseOver(event);
    const rows = pictures.map((picture) => ({
      ...picture,
      id: newIdentifier("image"),
      organizationId: actor.organizationId,
      kind: "SLIDE" as const,
      pathToken: randomToken(PATH_TOKEN_LENGTH),
      createdAt: clock.now(),
    }));
    await deleteSlides(transaction, [event.id]);
    await insertImages(transaction, rows);
    await insertSlides(
      transaction,
      rows.map(({ id: imageId }, index) => ({ id: newIdentifier("slide"), eventId: event.id, number: index + 1, imageId })),
    );
    await updateEventRow(transaction, event.id, { publishedSlide: null, updatedAt: clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: { ...event, publishedSlide: null } }]);
  });
}

function refuseOver({ status }: StoredEvent): void {
  if (isOver(status)) throw new Refusal({ code: UserErrorCode.EVENT_ENDED, message: "The event has ended.", path: EVENT_PATH });
}
