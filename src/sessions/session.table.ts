import { sql } from "drizzle-orm";
import { bigint, boolean, doublePrecision, index, integer, jsonb, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment, orderedText, placeAmong } from "../database/columns.ts";
import { images } from "../images/image.table.ts";
import { organizations } from "../organizations/organization.table.ts";
import { HEALTH_URGENCY, STATUS_URGENCY } from "./session.urgency.rules.ts";
import type { DesiredStatus, Health, InputPath, InputType, OnAir, RemapRule, SessionStatus, Verb } from "./session.rules.ts";

export const sessions = snakeCase.table(
  "sessions",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    streamId: text().notNull().unique("sessions_stream_id"),
    name: text().notNull(),
    nameKey: orderedText().notNull(),
    nameOrder: orderedText().notNull(),
    description: text(),
    region: text().notNull(),
    externalId: text(),
    labels: text().array().notNull(),
    /** What a search looks through, folded like a name key. */
    searchText: orderedText().notNull(),

    inputType: text().$type<InputType>().notNull(),
    /** Secrets in it masked; the whole URL is then in `secrets`. */
    urlA: text(),
    urlB: text(),
    activePath: text().$type<InputPath>().notNull().default("A"),
    /** -1 remains on B; null without failover. */
    recoveryIntervalSeconds: integer(),
    errorThresholdPercent: doublePrecision(),
    srtEncryptionEnabled: boolean().notNull().default(false),
    hlsScte35PassthroughEnabled: boolean().notNull().default(false),
    slatesEnabled: boolean().notNull().default(false),
    streamRemap: jsonb().$type<RemapRule[]>().notNull().default([]),
    /** The event whose language it feeds; null for a session of its own. No reference: events stand above. */
    eventId: identifier(),
    /** Null for a session of no event, which encodes whenever it runs. */
    onAir: text().$type<OnAir>(),
    /** Of an event that went live with its backup alone: path A is not taken even when it comes. */
    isBackupOnly: boolean().notNull().default(false),

    coverImageId: identifier().references(() => images.id, { onDelete: "set null" }),
    slateImageId: identifier().references(() => images.id, { onDelete: "set null" }),

    desiredStatus: text().$type<DesiredStatus>().notNull().default("STOPPED"),
    status: text().$type<SessionStatus>().notNull().default("STOPPED"),
    health: text().$type<Health>().notNull().default("OK"),
    statusReason: text(),
    statusChangedAt: moment().notNull().defaultNow(),
    runningSince: moment(),
    lastSeenAt: moment(),
    lastCommandVerb: text().$type<Verb>(),
    lastCommandActor: text(),
    lastCommandAt: moment(),

    /** Counted up by every switch that is asked for, so that the encoder does each once. */
    pathCommandNumber: integer().notNull().default(0),
    pathCommandTo: text().$type<InputPath>(),
    pathCommandActor: text(),
    /** Whether a slate was asked for; a start forgets it. */
    isSlateWanted: boolean().notNull().default(false),
    isSlateShowing: boolean().notNull().default(false),
    /** When the encoder next tries to go back to path A; null while it does not. */
    nextRecoveryAt: moment(),
    /** Kept by whoever opens and ends alerts, in the same transaction. */
    openAlertCount: integer().notNull().default(0),

    /** Counted up by every start and restart: an encoder that runs an older one is replaced. */
    generation: integer().notNull().default(0),
    /**
     * Whether something that it was started with is another by now: noted by whoever edits it, in the same transaction, and cleared by
     * every start. Means nothing of a session that is not under way.
     */
    hasEdits: boolean().notNull().default(false),
    /** The agent that holds the lease; null while nobody does. */
    encoderId: identifier(),
    /** Counted up whenever the lease changes hands: a report with an older one changes nothing. */
    epoch: bigint({ mode: "number" }).notNull().default(0),

    version: integer().notNull().default(1),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    unique("sessions_name_key").on(table.organizationId, table.nameKey),
    unique("sessions_external_id").on(table.organizationId, table.externalId),
    index("sessions_by_name").on(table.organizationId, table.nameOrder, table.id),
    index("sessions_by_created_at").on(table.organizationId, table.createdAt, table.id),
    index("sessions_by_status_changed_at").on(table.organizationId, table.statusChangedAt, table.id),
    index("sessions_by_status_urgency").on(table.organizationId, placeAmong(STATUS_URGENCY, table.status), table.id),
    index("sessions_by_health_urgency").on(table.organizationId, placeAmong(HEALTH_URGENCY, table.health), table.id),
    // Each of the filters with the order by name, so that a page is read and no more.
    index("sessions_by_status").on(table.organizationId, table.status, table.nameOrder, table.id),
    index("sessions_by_health").on(table.organizationId, table.health, table.nameOrder, table.id),
    index("sessions_by_input_type").on(table.organizationId, table.inputType, table.nameOrder, table.id),
    index("sessions_with_open_alerts")
      .on(table.organizationId, table.nameOrder, table.id)
      .where(sql`open_alert_count > 0`),
    index("sessions_with_pending_changes")
      .on(table.organizationId, table.nameOrder, table.id)
      .where(sql`has_edits and desired_status = 'RUNNING' and status <> 'FAILED'`),
    index("sessions_by_label").using("gin", table.labels),
    index("sessions_by_search_text").using("gin", sql`search_text gin_trgm_ops`),
    index("sessions_by_event")
      .on(table.eventId)
      .where(sql`event_id is not null`),
    // A picture that is deleted is looked for in both columns.
    index("sessions_by_cover_image")
      .on(table.coverImageId)
      .where(sql`cover_image_id is not null`),
    index("sessions_by_slate_image")
      .on(table.slateImageId)
      .where(sql`slate_image_id is not null`),
    index("sessions_by_encoder")
      .on(table.encoderId)
      .where(sql`encoder_id is not null`),
    index("sessions_unclaimed")
      .on(table.region, table.statusChangedAt)
      .where(sql`encoder_id is null and status in ('STARTING', 'STOPPING')`),
  ],
);
