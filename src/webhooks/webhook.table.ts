import { sql } from "drizzle-orm";
import { bigint, boolean, bytea, index, integer, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { WebhookDeliveryStatus } from "./webhook.rules.ts";

/** Addresses of partners that are told of changes. */
export const webhooks = snakeCase.table(
  "webhooks",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** Secrets in it masked. */
    url: text().notNull(),
    urlCiphertext: bytea().notNull(),
    secretCiphertext: bytea().notNull(),
    kinds: text().array().notNull(),
    isEnabled: boolean().notNull().default(true),
    /** One sentence, for one that was not disabled by its owner. */
    disabledReason: text(),
    /** Since when its last attempts failed; null while it takes what it is sent. */
    failingSince: moment(),
    /** The cursor of the change log up to which deliveries were made of changes. */
    position: text().notNull(),
    createdAt: moment().notNull(),
    /** Nobody finds it any more; a sweep takes it away with its deliveries, which may be many. */
    deletedAt: moment(),
  },
  (table) => [
    index("webhooks_by_organization").on(table.organizationId, table.id),
    index("webhooks_enabled")
      .on(table.organizationId)
      .where(sql`is_enabled`),
  ],
);

/** One message to one webhook: its id is the `webhook-id` that the receiver sees, however often it is sent. */
export const webhookDeliveries = snakeCase.table(
  "webhook_deliveries",
  {
    id: identifier().primaryKey(),
    webhookId: identifier()
      .notNull()
      .references(() => webhooks.id, { onDelete: "cascade" }),
    organizationId: identifier().notNull(),
    /** The change's place in the log; null for what is no change, such as a gap. */
    changeId: bigint({ mode: "number" }),
    objectId: identifier().notNull(),
    /** What is sent, to the byte. */
    body: text().notNull(),
    status: text().$type<WebhookDeliveryStatus>().notNull().default("PENDING"),
    /** Since it was made, or sent again on request. */
    attempts: integer().notNull().default(0),
    nextAttemptAt: moment().notNull(),
    /** A gateway is at it until then, by the database's clock; whoever died at it lets go of it so. */
    claimedUntil: moment(),
    responseStatus: integer(),
    problem: text(),
    /** What is not taken for too long from then on is given up. */
    firstAttemptAt: moment(),
    lastAttemptAt: moment(),
    createdAt: moment().notNull(),
  },
  (table) => [
    unique("webhook_deliveries_by_change").on(table.webhookId, table.changeId),
    index("webhook_deliveries_by_webhook").on(table.webhookId, table.id),
    index("webhook_deliveries_by_status").on(table.webhookId, table.status, table.id),
    index("webhook_deliveries_open")
      .on(table.webhookId, table.nextAttemptAt)
      .where(sql`status in ('PENDING', 'RETRYING')`),
  ],
);
