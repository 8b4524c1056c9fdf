import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { createEvent } from "./create-event.ts";
import { deleteEvents } from "./delete-events.ts";
import { CreateEventInput, DeleteEventsInput, UpdateEventInput } from "./event.input-type.ts";
import {
  createEventInput,
  deleteEventsInput,
  updateEventInput,
  type CreateEvent,
  type DeleteEvents,
  type UpdateEvent,
} from "./event.input.ts";
import { eventLoader } from "./event.loader.ts";
import { EventStatus } from "./event.rules.ts";
import { countEvents, pageEvents, type StoredEvent } from "./event.store.ts";
import { EventConnection, EventPayload, EventType } from "./event.type.ts";
import { updateEvent } from "./update-event.ts";

const NEWEST_FIRST: ListOrder = { name: "EVENT:DESC", keyType: "text" };

@ArgsType()
class EventsArguments extends PagingArguments {
  @Field(() => [EventStatus], { nullable: true, description: "Events of any of these; null: of any." })
  status?: readonly EventStatus[] | null;
}

@Resolver()
export class EventResolver {
  @Query(() => EventType, { nullable: true, description: "One event; null when there is none with this id in your organization." })
  async event(
    @Arg("id", () => ID, { description: "The event's id." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<StoredEvent | null> {
    return context.loaders.of(eventLoader).load(id);
  }

  @Query(() => EventConnection, { description: "A page of events, the newest first, in both directions." })
  async events(@Args(() => EventsArguments) given: EventsArguments, @Ctx() context: RequestContext): Promise<Connection<StoredEvent>> {
    assertMayRead(context.actor, "read");
    const { executor } = context.database;
    const query = { organizationId: context.actor.organizationId, status: given.status ?? null };
    return toConnection({
      page: await pageEvents(executor, query, parsePage(given, NEWEST_FIRST)),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (event) => event,
      totalCount: () => countEvents(executor, query),
    });
  }

  @VerbMutation(() => EventPayload, {
    description: "Creates an event, whose ingests listen from now on. Wants level EDITOR and the package EVENTS.",
  })
  async createEvent(
    @Input(() => CreateEventInput, createEventInput) input: CreateEvent,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<EventPayload>> {
    return { event: await context.loaders.of(eventLoader).load(await createEvent(context, input)) };
  }

  @VerbMutation(() => EventPayload, { description: "Changes what an event is called and who may watch it. Wants level EDITOR." })
  async updateEvent(
    @Input(() => UpdateEventInput, updateEventInput) input: UpdateEvent,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<EventPayload>> {
    return { event: await context.loaders.of(eventLoader).load(await updateEvent(context, input)) };
  }

  @VerbMutation(() => DeletePayload, {
    description: "Deletes events that are neither tested nor live, all or none. Wants level EDITOR.",
    empty: NOTHING_DELETED,
  })
  async deleteEvents(
    @Input(() => DeleteEventsInput, deleteEventsInput) input: DeleteEvents,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await deleteEvents(context, input) };
  }
}
