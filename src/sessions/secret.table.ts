import { boolean, bytea, integer, index, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { playbacks } from "../playbacks/playback.table.ts";
import type { SecretKind } from "./secret.rules.ts";
import { sessions } from "./session.table.ts";

/** Everything secret of sessions and their playbacks, encrypted; other tables hold masked text alone. */
export const secrets = snakeCase.table(
  "secrets",
  {
    id: identifier().primaryKey(),
    sessionId: identifier()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** For an output URL alone. */
    playbackId: identifier().references(() => playbacks.id, { onDelete: "cascade" }),
    kind: text().$type<SecretKind>().notNull(),
    /** Which of a playback's URLs; else 0. */
    position: integer().notNull().default(0),
    ciphertext: bytea().notNull(),
    /** Of a stream key alone, a keyed digest: two sessions that take pushes with one key at a time could not be told apart. */
    streamKeyDigest: text(),
    isGenerated: boolean().notNull().default(false),
    createdAt: moment().notNull().defaultNow(),
    rotatedAt: moment(),
  },
  (table) => [
    index("secrets_by_stream_key").on(table.streamKeyDigest),
    unique("secrets_by_subject").on(table.sessionId, table.playbackId, table.kind, table.position).nullsNotDistinct(),
    index("secrets_by_playback").on(table.playbackId),
  ],
);
