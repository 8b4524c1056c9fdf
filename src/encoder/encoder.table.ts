import { boolean, index, integer, jsonb, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import type { OutputType } from "../playbacks/playback.rules.ts";
import type { InputType } from "../sessions/session.rules.ts";
import type { AudioCodec, VideoCodec } from "../templates/template.rules.ts";
import type { EncoderStatus, IngestAddresses } from "./encoder.rules.ts";

/** One row for each agent that has ever registered; agents renew theirs every second. */
export const encoders = snakeCase.table(
  "encoders",
  {
    id: identifier().primaryKey(),
    name: text().notNull(),
    region: text().notNull(),
    status: text().$type<EncoderStatus>().notNull(),
    isSimulated: boolean().notNull().default(false),
    /** Where gateways fetch its media: an HTTP base address; null when it serves none. */
    mediaAddress: text(),
    /** Where senders push to, without key: one URL for each protocol that it takes. */
    ingestAddresses: jsonb().$type<IngestAddresses>().notNull().default({}),
    capacity: integer().notNull(),
    supportedInputs: text().array().$type<InputType>().notNull(),
    supportedOutputs: text().array().$type<OutputType>().notNull(),
    supportedVideoCodecs: text().array().$type<VideoCodec>().notNull(),
    supportedAudioCodecs: text().array().$type<AudioCodec>().notNull(),
    /** What is missing, as sentences, for those who wonder why a type is not supported. */
    missing: text().array().notNull(),
    version: text().notNull(),
    /** Its disk is nearly full: what can be done without is not made on it. */
    isStorageLow: boolean().notNull().default(false),
    startedAt: moment().notNull().defaultNow(),
    lastSeenAt: moment().notNull().defaultNow(),
  },
  (table) => [index("encoders_by_status").on(table.status)],
);
