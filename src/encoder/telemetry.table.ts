import { doublePrecision, index, integer, jsonb, snakeCase } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import type { PathSample } from "./telemetry.rules.ts";

/**
 * What each running session does now, one upsert per encoder and second. Unlogged: after a crash of the database it is empty for a
 * second, and writing it costs no log.
 */
export const sessionTelemetry = snakeCase.table(
  "session_telemetry",
  {
    sessionId: identifier().primaryKey(),
    encoderId: identifier().notNull(),
    at: moment().notNull(),
    frameRate: doublePrecision(),
    speed: doublePrecision(),
    bitrateKbps: doublePrecision(),
    droppedFrames: integer(),
    pathA: jsonb().$type<PathSample>(),
    pathB: jsonb().$type<PathSample>(),
    /** Of the session, that it was told of: another one's signals say nothing of what arrives now. */
    generation: integer(),
  },
  (table) => [index("session_telemetry_by_encoder").on(table.encoderId)],
);
