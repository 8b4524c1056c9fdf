import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { ChangeType } from "../changes/change.type.ts";
import type { ToldChange } from "../changes/read-changes.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { pageKey } from "../graphql/page-loader.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { DateTime } from "../graphql/scalars.ts";
import { required } from "../shared/assert.ts";
import { createWebhook } from "./create-webhook.ts";
import { deleteWebhooks } from "./delete-webhooks.ts";
import { resendWebhook } from "./resend-webhook.ts";
import { updateWebhook } from "./update-webhook.ts";
import type { WebhookDeliveryRow } from "./webhook-delivery.store.ts";
import {
  createWebhookInput,
  deleteWebhooksInput,
  resendWebhookInput,
  updateWebhookInput,
  type CreateWebhook,
  type DeleteWebhooks,
  type ResendWebhook,
  type UpdateWebhook,
} from "./webhook.input.ts";
import { deliveriesOfWebhookLoader, deliveryCountKey, deliveryCountLoader, webhookLoader } from "./webhook.loaders.ts";
import { changeOfMessage } from "./webhook.message.ts";
import { WebhookDeliveryStatus } from "./webhook.rules.ts";
import { countWebhooks, pageWebhooks, type WebhookRow } from "./webhook.store.ts";
import {
  CreateWebhookInput,
  DeleteWebhooksInput,
  ResendWebhookInput,
  UpdateWebhookInput,
  WebhookConnection,
  WebhookDeliveryConnection,
  WebhookDeliveryType,
  WebhookPayload,
  WebhookType,
} from "./webhook.type.ts";

const NEWEST_FIRST: ListOrder = { name: "CREATED_AT:DESC", keyType: "text" };

@Resolver()
export class WebhookResolver {
  @Query(() => WebhookConnection, { description: "A page of the organization's webhooks, the newest first. Wants level ADMIN." })
  async webhooks(@Args(() => PagingArguments) given: PagingArguments, @Ctx() context: RequestContext): Promise<Connection<WebhookRow>> {
    assertMayRead(context.actor, "list webhooks");
    const { executor } = context.database;
    const { organizationId } = context.actor;
    return toConnection({
      page: await pageWebhooks(executor, organizationId, parsePage(given, NEWEST_FIRST)),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: () => countWebhooks(executor, organizationId),
    });
  }

  @VerbMutation(() => WebhookPayload, { description: "Makes a webhook and shows its secret, this once. Wants level ADMIN." })
  async createWebhook(
    @Input(() => CreateWebhookInput, createWebhookInput) input: CreateWebhook,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<WebhookPayload>> {
    const { id, secret } = await createWebhook(context, input);
    return { ...(await present(context, id)), secret };
  }

  @VerbMutation(() => WebhookPayload, { description: "Changes a webhook, or switches it off and on. Wants level ADMIN." })
  async updateWebhook(
    @Input(() => UpdateWebhookInput, updateWebhookInput) input: UpdateWebhook,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<WebhookPayload>> {
    return present(context, await updateWebhook(context, input));
  }

  @VerbMutation(() => DeletePayload, {
    description: "Deletes webhooks with their deliveries, all or none. Wants level ADMIN.",
    empty: NOTHING_DELETED,
  })
  async deleteWebhooks(
    @Input(() => DeleteWebhooksInput, deleteWebhooksInput) input: DeleteWebhooks,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await deleteWebhooks(context, input) };
  }

  @VerbMutation(() => WebhookPayload, { description: "Sends to a webhook once more what it was sent or is to be sent. Wants level ADMIN." })
  async resendWebhook(
    @Input(() => ResendWebhookInput, resendWebhookInput) input: ResendWebhook,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<WebhookPayload>> {
    return present(context, await resendWebhook(context, input));
  }
}

async function present({ loaders }: RequestContext, id: string): Promise<PayloadOf<WebhookPayload>> {
  return { webhook: await loaders.of(webhookLoader).clear(id).load(id), secret: null };
}

@Resolver(() => WebhookType)
export class WebhookDeliveriesResolver {
  @FieldResolver(() => WebhookDeliveryConnection, { description: "What was sent to it and is to be sent, the newest first." })
  async deliveries(
    @Root() webhook: WebhookRow,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Arg("status", () => WebhookDeliveryStatus, { nullable: true, description: "Only those of this status; null: all." })
    status: WebhookDeliveryStatus | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<WebhookDeliveryRow>> {
    const key = pageKey(webhook.id, parsePage({ first, after }, NEWEST_FIRST), status ?? null);
    return toConnection({
      page: required(await loaders.of(deliveriesOfWebhookLoader).load(key), "deliveries of a webhook"),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: async () => (await loaders.of(deliveryCountLoader).load(deliveryCountKey(webhook.id, status ?? null))) ?? 0,
    });
  }
}

@Resolver(() => WebhookDeliveryType)
export class WebhookDeliveryResolver {
  @FieldResolver(() => ChangeType, {
    nullable: true,
    description: "The change that it tells, also once the change log does not have it any more.",
  })
  change(@Root() { body }: WebhookDeliveryRow): ToldChange {
    return changeOfMessage(body);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "When it is sent next, at the earliest; null once it was taken or given up.",
  })
  nextAttemptAt(@Root() { status, nextAttemptAt }: WebhookDeliveryRow): Date | null {
    return status === "PENDING" || status === "RETRYING" ? nextAttemptAt : null;
  }
}
