import { z } from "zod";
import { plainText } from "../shared/text.schema.ts";

/** Alerts of one call. */
export const ALERTS_LIMIT = 1_000;
/** Longest note, in characters. */
export const NOTE_LENGTH_LIMIT = 2_000;

const ids = z.array(z.string()).min(1, "must name at least one").max(ALERTS_LIMIT, `must be at most ${ALERTS_LIMIT}`);

export const clearAlertsInput = z.object({ ids });
export type ClearAlerts = z.output<typeof clearAlertsInput>;

/** What is left out stays as it is, null takes it off. */
export const acknowledgeAlertsInput = z.object({ ids, note: plainText(NOTE_LENGTH_LIMIT).nullish(), snoozeUntil: z.date().nullish() });
export type AcknowledgeAlerts = z.output<typeof acknowledgeAlertsInput>;
