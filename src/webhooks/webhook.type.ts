import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { CHANGE_KINDS_DESCRIPTION } from "../changes/change.type.ts";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { Cursor, DateTime, Url } from "../graphql/scalars.ts";
import { IDEMPOTENCY_KEY } from "../sessions/session.input-type.ts";
import type { UserError } from "../shared/user-error.ts";
import { DELIVERY_RETENTION_DAYS, DELIVERY_RETENTION_ROWS } from "./dispatch.store.ts";
import { OPEN_LIMIT } from "./fan-out.store.ts";
import { RESEND_LIMIT } from "./webhook.input.ts";
import { GIVE_UP_HOURS, WEBHOOK_COUNT_LIMIT, WebhookDeliveryStatus } from "./webhook.rules.ts";

registerEnumType(WebhookDeliveryStatus, {
  name: "WebhookDeliveryStatus",
  description: "What became of a message to a webhook.",
  valuesConfig: {
    PENDING: { description: "It was not sent yet, or is on its way for the first time." },
    DELIVERED: { description: "The receiver took it: it answered with a status from 200 to 299." },
    RETRYING: {
      description: "It was sent and not taken, and is sent again: after 5 seconds, then three times as long each time, 8 hours at most.",
    },
    FAILED: {
      description: `It was not taken in ${GIVE_UP_HOURS} hours, and is not sent again by itself. \`resendWebhook\` sends it.`,
    },
  },
});

const KINDS = `Which changes are sent. ${CHANGE_KINDS_DESCRIPTION} log.lagged is sent whatever stands here.`;
const URL_RULES =
  "Where messages are posted: http:// or https://, to an address that inputs may have. It is looked up and checked anew for every message; redirects are not followed.";

@ObjectType("WebhookDelivery", {
  implements: Node,
  description: `One message to one webhook; kept for ${DELIVERY_RETENTION_DAYS} days, of each webhook the newest ${DELIVERY_RETENTION_ROWS.toLocaleString("en")}. Its id is the \`webhook-id\` that the receiver sees, the same however often it is sent.`,
  simpleResolvers: true,
})
export class WebhookDeliveryType extends Node {
  @Field(() => WebhookDeliveryStatus, { description: "What became of it." })
  status!: WebhookDeliveryStatus;

  @Field(() => Int, { description: "How often it was sent or is being sent, since it was made or sent again on request." })
  attempts!: number;

  @Field(() => Int, {
    nullable: true,
    description: "The HTTP status that the receiver last answered with; null when it gave no answer, or was not asked yet.",
  })
  responseStatus!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Why it was not taken the last time, as a sentence; null when it was, or was not sent yet.",
  })
  problem!: string | null;

  @Field(() => DateTime, { description: "When it was made." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it was last sent; null when it was not yet." })
  lastAttemptAt!: Date | null;
}

export const WebhookDeliveryConnection = connectionType("WebhookDelivery", () => WebhookDeliveryType);

@ObjectType("Webhook", {
  implements: Node,
  description:
    "An address that is told of changes, each at least once, by the convention of https://www.standardwebhooks.com: a POST of `{ type, timestamp, data }` with the headers webhook-id, webhook-timestamp and webhook-signature (`v1,` and a base64 HMAC-SHA256). `type` is the change's kind; `data` has objectId, actor, cursor (a position of the change log) and sequence (of one object's changes, the greater is the later), and what there is of name, title, externalId, streamId, sessionId, sessionName, eventId, kind, code, severity, status, statusBefore, health and healthBefore. Each object's changes come in their order as long as they are taken; one that is tried again comes after its successors. A receiver has 10 seconds to answer where the installation sets nothing else.",
  simpleResolvers: true,
})
export class WebhookType extends Node {
  @Field(() => Url, { description: "Where messages are posted, secrets in it masked; a masked URL sent back stays what it was." })
  url!: string;

  @Field(() => [String], { description: KINDS })
  kinds!: readonly string[];

  @Field(() => Boolean, {
    description: "Whether anything is sent. While it is not, changes wait in the log: one that is enabled again goes on where it was.",
  })
  isEnabled!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "Why it was disabled by itself: the receiver answered with status 410. Null when it was not.",
  })
  disabledReason!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: `Since when it takes nothing; null while it does, or was not tried yet. Such a webhook is tried with one message at a time, and gets no new ones while ${OPEN_LIMIT} wait.`,
  })
  failingSince!: Date | null;

  @Field(() => DateTime, { description: "When it was made." })
  createdAt!: Date;
}

export const WebhookConnection = connectionType("Webhook", () => WebhookType);

@InputType("CreateWebhookInput", {
  description: `A new webhook, told of what happens from now on; at most ${WEBHOOK_COUNT_LIMIT} in an organization.`,
})
export class CreateWebhookInput {
  @Field(() => Url, { description: URL_RULES })
  url!: string;

  @Field(() => [String], { description: KINDS })
  kinds!: readonly string[];

  @Field(() => String, { nullable: true, description: `${IDEMPOTENCY_KEY} The secret is shown again to the same call.` })
  idempotencyKey?: string | null;
}

@InputType("UpdateWebhookInput", { description: "Changes to a webhook: what is left out stays as it is." })
export class UpdateWebhookInput {
  @Field(() => ID, { description: "The id of the webhook." })
  id!: string;

  @Field(() => Url, { nullable: true, description: `${URL_RULES} What waits to be sent goes there too.` })
  url?: string | null;

  @Field(() => [String], { nullable: true, description: `${KINDS} What waits to be sent is sent still.` })
  kinds?: readonly string[] | null;

  @Field(() => Boolean, { nullable: true, description: "Whether anything is sent; true also has what waits tried anew at full speed." })
  isEnabled?: boolean | null;
}

@InputType("DeleteWebhooksInput", { description: "Webhooks to delete, all or none." })
export class DeleteWebhooksInput {
  @Field(() => [ID], { description: "The webhooks' ids, 1 to 100." })
  ids!: readonly string[];
}

@InputType("ResendWebhookInput", { description: "What to send to an enabled webhook once more: deliveries, or all after a cursor." })
export class ResendWebhookInput {
  @Field(() => ID, { description: "The id of the webhook." })
  id!: string;

  @Field(() => [ID], {
    nullable: true,
    description: `Deliveries of it by their ids, at most ${RESEND_LIMIT.toLocaleString("en")}, whatever became of them.`,
  })
  deliveryIds?: readonly string[] | null;

  @Field(() => Cursor, {
    nullable: true,
    description:
      "All changes of its kinds after this position, and possibly a few of just before, each under the id that it was sent with: the replay of an outage. Of a position that is older than what is kept log.lagged is sent first.",
  })
  after?: string | null;
}

@ObjectType("WebhookPayload", { description: "A webhook after it was made or changed.", simpleResolvers: true })
export class WebhookPayload {
  @Field(() => WebhookType, { nullable: true, description: "The webhook as it is now; null when the call was refused." })
  webhook!: object | null;

  @Field(() => String, {
    nullable: true,
    description: "Of createWebhook: what messages are signed with, `whsec_` and base64; shown here and never again. Null otherwise.",
  })
  secret!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
