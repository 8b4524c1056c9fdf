import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { parseFollowing } from "../graphql/follow-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { publishedSlides, type PublishedSlide } from "./published-slides.ts";
import type { SlideRow } from "./slide.store.ts";
import { SlideType } from "./slide.type.ts";

type Data = SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>;

@Resolver()
export class SlideChangeResolver {
  @Subscription(() => SlideType, {
    nullable: true,
    subscribe: ({ context, args }: Data) => publishedSlides(context, String(args["eventId"]), parseFollowing({ ...args, snapshot: true })),
    description: "The slide that attendees see, at once and whenever that changes; null while they see none.",
  })
  publishedSlide(
    @Root() { slide }: PublishedSlide,
    @Arg("eventId", () => ID, { description: "The event's id." }) _eventId: unknown,
  ): SlideRow | null {
    return slide;
  }
}
