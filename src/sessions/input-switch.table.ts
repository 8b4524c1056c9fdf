import { index, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import type { InputPath, SwitchReason } from "./session.rules.ts";
import { sessions } from "./session.table.ts";

/** Every switch of a session's input from one path to the other, as the encoder did it. */
export const inputSwitches = snakeCase.table(
  "input_switches",
  {
    /** Made by the encoder, so that a report that is written twice is one switch. */
    id: identifier().primaryKey(),
    sessionId: identifier()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    at: moment().notNull(),
    fromPath: text().$type<InputPath>().notNull(),
    toPath: text().$type<InputPath>().notNull(),
    reason: text().$type<SwitchReason>().notNull(),
    /** Who asked for it; null unless it was asked for. */
    actor: text(),
  },
  (table) => [index("input_switches_by_session").on(table.sessionId, table.id)],
);
