import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { PublicEventType } from "../audience/public-event.type.ts";
import { eventLoader } from "../events/event.loader.ts";
import type { StoredEvent } from "../events/event.store.ts";
import { EventPayload, EventType } from "../events/event.type.ts";
import { Input } from "../graphql/input.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import { publishSlide, publishSlideInput, type PublishSlide } from "./publish-slide.ts";
import { slidesLoader } from "./slide.loaders.ts";
import type { SlideRow } from "./slide.store.ts";
import { PresentationType, PublishSlideInput, SlideType, UploadPresentationInput } from "./slide.type.ts";
import { uploadPresentation, uploadPresentationInput, type UploadPresentation } from "./upload-presentation.ts";

@Resolver(() => EventType)
export class PresentationResolver {
  @FieldResolver(() => PresentationType, {
    nullable: true,
    description: "What was uploaded to be shown beside the picture; null when nothing was.",
  })
  async presentation(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<PresentationType | null> {
    const slides = (await context.loaders.of(slidesLoader).load(event.id)) ?? [];
    if (slides.length === 0) return null;
    return { id: event.id.replace(/^event_/, "presentation_"), slides, publishedSlide: await findPublishedSlide(context, event) };
  }

  @VerbMutation(() => EventPayload, {
    description: "Uploads a presentation in the place of the one before, as a GraphQL multipart request. Wants level EDITOR.",
  })
  async uploadPresentation(
    @Input(() => UploadPresentationInput, uploadPresentationInput) input: UploadPresentation,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<EventPayload>> {
    return { event: await context.loaders.of(eventLoader).load(await uploadPresentation(context, input)) };
  }

  @VerbMutation(() => EventPayload, {
    description: "Shows a slide to all attendees, or none; refused with NOT_LIVE unless the event is LIVE. Wants level OPERATOR.",
  })
  async publishSlide(
    @Input(() => PublishSlideInput, publishSlideInput) input: PublishSlide,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<EventPayload>> {
    return { event: await context.loaders.of(eventLoader).load(await publishSlide(context, input)) };
  }
}

@Resolver(() => PublicEventType)
export class PublicSlideResolver {
  @FieldResolver(() => SlideType, { nullable: true, description: "The slide that is shown now; null while none is." })
  async publishedSlide(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<SlideRow | null> {
    return findPublishedSlide(context, event);
  }
}

@Resolver(() => SlideType)
export class SlideResolver {
  @FieldResolver(() => Url, { description: "The picture, for whoever knows this address; it goes with its presentation." })
  imageUrl(@Root() { pathToken }: SlideRow, @Ctx() { publicUrl }: RequestContext): string {
    return `${publicUrl}/images/${pathToken}`;
  }
}

async function findPublishedSlide({ loaders }: RequestContext, { id, publishedSlide }: StoredEvent): Promise<SlideRow | null> {
  if (publishedSlide === null) return null;
  const slides = (await loaders.of(slidesLoader).load(id)) ?? [];
  return slides.find(({ number }) => number === publishedSlide) ?? null;
}
