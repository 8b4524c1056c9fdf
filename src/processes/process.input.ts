import { z } from "zod";
import { NAME_LENGTH_LIMIT } from "../shared/name.ts";
import { idText, plainText } from "../shared/text.schema.ts";
import { ProcessKind } from "./process.rules.ts";

/** Settings of one call. */
export const PROCESS_SETTINGS_LIMIT = 100;
/** As many renditions as a session can have: 20 playbacks with ladders of 20. */
export const PROCESS_TARGETS_LIMIT = 400;
/** Processes of one `removeProcesses`. */
export const REMOVE_PROCESSES_LIMIT = 1_000;

const target = z.object({
  playbackId: idText.nullish(),
  playbackName: plainText(NAME_LENGTH_LIMIT).nullish(),
  renditionId: idText,
});

export const processSettings = z.object({
  kind: z.enum(ProcessKind),
  isEnabled: z.boolean(),
  intervalSeconds: z.number().int().nullish(),
  durationSeconds: z.number().int().nullish(),
  targets: z.array(target).max(PROCESS_TARGETS_LIMIT, `must be at most ${PROCESS_TARGETS_LIMIT} renditions`).nullish(),
  sync: z.boolean().nullish().transform(Boolean),
});

export const processSettingsList = z
  .array(processSettings)
  .max(PROCESS_SETTINGS_LIMIT, `must be at most ${PROCESS_SETTINGS_LIMIT} settings`);

export const configureProcessesInput = z.object({
  sessionId: z.string(),
  settings: processSettingsList.min(1, "must set at least one process"),
});

export const removeProcessesInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(REMOVE_PROCESSES_LIMIT, `must be at most ${REMOVE_PROCESSES_LIMIT}`),
});
