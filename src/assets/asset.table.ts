import { sql } from "drizzle-orm";
import { bigint, boolean, doublePrecision, index, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import { processes } from "../processes/process.table.ts";
import { runs } from "../sessions/run.table.ts";
import { sessions } from "../sessions/session.table.ts";
import type { AssetKind, AssetLocation, AssetStatus } from "./asset.rules.ts";

/** One row for each file or playlist that a process made; it outlives its process and its session. */
export const assets = snakeCase.table(
  "assets",
  {
    /** Made by the encoder, so that what is reported twice is one asset. */
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    kind: text().$type<AssetKind>().notNull(),
    status: text().$type<AssetStatus>().notNull(),
    statusReason: text(),
    /** Null once the session is deleted. */
    sessionId: identifier().references(() => sessions.id, { onDelete: "set null" }),
    /** Null once the process is removed, and for what no process made. */
    processId: identifier().references(() => processes.id, { onDelete: "set null" }),
    runId: identifier()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    /** What it was made of, as it was called then. */
    playbackName: text(),
    renditionName: text(),
    /** The encoder that made it. */
    encoderId: identifier().notNull(),
    location: text().$type<AssetLocation>().notNull().default("ENCODER"),
    /** Within the directory of the asset: the file, or the playlist that leads to the others. */
    fileName: text().notNull(),
    /** What whoever asked for a clip calls it. */
    name: text(),
    contentType: text().notNull(),
    bytes: bigint({ mode: "number" }),
    durationSeconds: doublePrecision(),
    /** Of a replay that keeps its newest part alone, how long everything was together that it dropped. */
    droppedSeconds: doublePrecision().notNull().default(0),
    /** Beside a recording, the captions that came with it; null where none did. */
    captionsFileName: text(),
    /** Its recording is over, and there is no room on the encoder's disk to finish it. */
    waitsForRoom: boolean().notNull().default(false),
    createdAt: moment().notNull(),
    /** Opens it without credentials until then; null while it is not shared. */
    shareToken: text(),
    shareExpiresAt: moment(),
    /** From then on it is neither listed nor served; the row goes once its files have. */
    deletedAt: moment(),
  },
  (table) => [
    index("assets_by_organization")
      .on(table.organizationId, table.createdAt, table.id)
      .where(sql`deleted_at is null`),
    index("assets_by_kind")
      .on(table.organizationId, table.kind, table.createdAt, table.id)
      .where(sql`deleted_at is null`),
    index("assets_by_session").on(table.sessionId, table.createdAt, table.id),
    index("assets_by_process").on(table.processId, table.createdAt, table.id),
    index("assets_by_run").on(table.runId, table.createdAt, table.id),
    index("assets_by_encoder").on(table.encoderId, table.id),
    // Asked for again and again, by each encoder.
    index("assets_waiting_clips")
      .on(table.encoderId, table.id)
      .where(sql`kind = 'CLIP' and status = 'IN_PROGRESS' and deleted_at is null`),
    index("assets_waiting_for_room")
      .on(table.id)
      .where(sql`waits_for_room`),
    index("assets_deleted")
      .on(table.deletedAt)
      .where(sql`deleted_at is not null`),
    index("assets_by_share_token")
      .on(table.shareToken)
      .where(sql`share_token is not null`),
  ],
);
