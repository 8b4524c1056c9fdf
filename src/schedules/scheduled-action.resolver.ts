import { Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { eventLoader } from "../events/event.loader.ts";
import type { StoredEvent } from "../events/event.store.ts";
import { EventType } from "../events/event.type.ts";
import { parsePage, toConnection, type Connection, type ListOrder, type PageArguments } from "../graphql/connection.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { cancelScheduledActions, cancelScheduledActionsInput, type CancelScheduledActions } from "./cancel-scheduled-actions.ts";
import { scheduleAction, scheduleActionInput, type ScheduleAction } from "./schedule-action.ts";
import { scheduledActionLoader } from "./scheduled-action.loader.ts";
import { ScheduledActionStatus } from "./scheduled-action.rules.ts";
import {
  countScheduledActions,
  pageScheduledActions,
  type ScheduledActionQuery,
  type ScheduledActionRow,
} from "./scheduled-action.store.ts";
import {
  CancelScheduledActionsInput,
  ScheduleActionInput,
  ScheduledActionConnection,
  ScheduledActionsPayload,
  ScheduledActionType,
} from "./scheduled-action.type.ts";

const FIRST_DUE_FIRST: ListOrder = { name: "RUN_AT:ASC", keyType: "timestamptz" };

@ArgsType()
class ScheduledActionsArguments extends PagingArguments {
  @Field(() => [ScheduledActionStatus], { nullable: true, description: "Actions of any of these; null: of any." })
  status?: readonly ScheduledActionStatus[] | null;
}

@Resolver()
export class ScheduledActionResolver {
  @Query(() => ScheduledActionConnection, { description: "A page of the actions that are to be done at a time or were, by that time." })
  async scheduledActions(
    @Args(() => ScheduledActionsArguments) { status, ...page }: ScheduledActionsArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ScheduledActionRow>> {
    assertMayRead(context.actor, "read");
    return listActions(context, { status: status ?? null, eventId: null }, page);
  }

  @VerbMutation(() => ScheduledActionsPayload, {
    description:
      "Has something done at a time. Wants level OPERATOR, as each verb does that can be scheduled. Kept over restarts, and done once.",
    empty: { scheduledActions: [] },
  })
  async scheduleAction(
    @Input(() => ScheduleActionInput, scheduleActionInput) input: ScheduleAction,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ScheduledActionsPayload>> {
    return show(context, [await scheduleAction(context, input)]);
  }

  @VerbMutation(() => ScheduledActionsPayload, {
    description: "Takes back what has not been done yet, all or none. Wants level OPERATOR, as scheduling it does.",
    empty: { scheduledActions: [] },
  })
  async cancelScheduledActions(
    @Input(() => CancelScheduledActionsInput, cancelScheduledActionsInput) input: CancelScheduledActions,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ScheduledActionsPayload>> {
    return show(context, await cancelScheduledActions(context, input));
  }
}

@Resolver(() => ScheduledActionType)
export class ScheduledActionFieldResolver {
  @FieldResolver(() => EventType, {
    nullable: true,
    description: "The event that it acts on; null for sessions, and once that is deleted.",
  })
  async event(@Root() { eventId }: ScheduledActionRow, @Ctx() { loaders }: RequestContext): Promise<StoredEvent | null> {
    return eventId === null ? null : loaders.of(eventLoader).load(eventId);
  }
}

@Resolver(() => EventType)
export class EventScheduleResolver {
  @FieldResolver(() => ScheduledActionConnection, { description: "What is to be done to it at a time, or was, by that time." })
  async scheduledActions(
    @Root() { id }: StoredEvent,
    @Args(() => PagingArguments) page: PagingArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ScheduledActionRow>> {
    return listActions(context, { status: null, eventId: id }, page);
  }
}

async function listActions(
  { database: { executor }, actor }: RequestContext,
  wanted: Omit<ScheduledActionQuery, "organizationId">,
  page: PageArguments,
): Promise<Connection<ScheduledActionRow>> {
  const query = { ...wanted, organizationId: actor.organizationId };
  return toConnection({
    page: await pageScheduledActions(executor, query, parsePage(page, FIRST_DUE_FIRST)),
    order: FIRST_DUE_FIRST,
    position: ({ runAt, id }) => ({ key: runAt.toISOString(), id }),
    present: (row) => row,
    totalCount: () => countScheduledActions(executor, query),
  });
}

async function show({ loaders }: RequestContext, ids: readonly string[]): Promise<PayloadOf<ScheduledActionsPayload>> {
  const found = await loaders.of(scheduledActionLoader).loadMany([...ids]);
  return { scheduledActions: found.filter((action): action is ScheduledActionRow => action !== null && !(action instanceof Error)) };
}
