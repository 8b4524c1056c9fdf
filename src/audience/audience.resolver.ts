import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { assetUrlOf, captionsUrlOf } from "../assets/asset-url.ts";
import { recordingsLoader } from "../assets/asset.loaders.ts";
import { eventLoader } from "../events/event.loader.ts";
import type { EventLanguageRow, StoredEvent } from "../events/event.store.ts";
import { OnDemandCheckType } from "../events/event.type.ts";
import { onDemandCheckOf } from "../events/on-demand.ts";
import { shownRecordings } from "../events/recording.rules.ts";
import type { Connection } from "../graphql/connection.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Url } from "../graphql/scalars.ts";
import type { ChatMessageRow } from "../messages/chat-message.store.ts";
import { listChatMessages, listQuestions } from "../messages/message.lists.ts";
import { ChatMessageConnection, QuestionConnection } from "../messages/message.type.ts";
import type { QuestionRow } from "../messages/question.store.ts";
import { joinEvent, joinEventInput, type JoinEvent } from "./join-event.ts";
import { JoinEventInput, JoinEventPayload, PublicEventType, PublicLanguageType, PublicRecordingType } from "./public-event.type.ts";
import { publicHlsUrl } from "./public-hls-url.ts";
import { attendeeOf } from "./require-attendee.ts";

/** A language that knows whether its event can be watched. */
interface PublicLanguageRoot extends EventLanguageRow {
  readonly event: StoredEvent;
}

@Resolver(() => PublicEventType)
export class AudienceResolver {
  @Query(() => PublicEventType, {
    nullable: true,
    description:
      "An event as its attendees see it, for an attendee's token or any level; null when there is none, or the token is for another one.",
  })
  async publicEvent(
    @Arg("id", () => ID, { description: "The event's id." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<StoredEvent | null> {
    const attendee = attendeeOf(context.actor);
    if (!attendee) assertMayRead(context.actor, "read");
    return attendee && attendee.eventId !== id ? null : context.loaders.of(eventLoader).load(id);
  }

  @VerbMutation(() => JoinEventPayload, {
    description:
      "Lets an attendee in, by a link or an access code. Asks for no credential; wrong codes are counted against the address that sends them.",
  })
  async joinEvent(
    @Input(() => JoinEventInput, joinEventInput) input: JoinEvent,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<JoinEventPayload>> {
    return joinEvent(context, input);
  }

  /** The public sees nothing of a test. */
  @FieldResolver()
  status(@Root() { status }: StoredEvent): StoredEvent["status"] {
    return status === "TESTING" ? "SCHEDULED" : status;
  }

  @FieldResolver(() => [PublicLanguageType], { description: "Its languages, in the order to choose from." })
  languages(@Root() event: StoredEvent): readonly PublicLanguageRoot[] {
    return event.languages.map((language) => ({ ...language, event }));
  }

  @FieldResolver(() => OnDemandCheckType, { description: "Whether its recording can be watched and, if not, why." })
  async onDemand(@Root() event: StoredEvent, @Ctx() context: RequestContext): Promise<OnDemandCheckType> {
    return onDemandCheckOf(context, event);
  }

  @FieldResolver(() => QuestionConnection, { description: "A page of the questions that you may see, the newest first." })
  async questions(
    @Root() { id: eventId }: StoredEvent,
    @Args(() => PagingArguments) page: PagingArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<QuestionRow>> {
    return listQuestions(context, { eventId, status: null }, page);
  }

  @FieldResolver(() => ChatMessageConnection, { description: "A page of the chat, the newest first." })
  async messages(
    @Root() { id }: StoredEvent,
    @Args(() => PagingArguments) page: PagingArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ChatMessageRow>> {
    return listChatMessages(context, id, page);
  }
}

@Resolver(() => PublicLanguageType)
export class PublicLanguageResolver {
  @FieldResolver(() => Url, { nullable: true, description: "What players open for HLS; null unless the event is LIVE." })
  async hlsUrl(@Root() language: PublicLanguageRoot, @Ctx() context: RequestContext): Promise<string | null> {
    return publicHlsUrl(context, language.event, language);
  }

  @FieldResolver(() => [PublicRecordingType], {
    description:
      "What there is to watch of it on demand, in the order to be watched: several where its encoder had to begin anew. Empty unless the event is ON_DEMAND.",
  })
  async recordings(
    @Root() { event, sessionId }: PublicLanguageRoot,
    @Ctx() context: RequestContext,
  ): Promise<readonly PublicRecordingType[]> {
    if (event.status !== "ON_DEMAND") return [];
    const recordings = (await context.loaders.of(recordingsLoader).load(sessionId)) ?? [];
    return shownRecordings(recordings).map((asset) => ({
      ...asset,
      url: assetUrlOf(context, asset),
      captionsUrl: captionsUrlOf(context, asset),
    }));
  }
}
