import { z } from "zod";
import { descriptionText, nameText, plainText } from "../shared/text.schema.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { EventAccess, IngestRole, LANGUAGE_COUNT_LIMIT, MessagingMode } from "./event.rules.ts";

/** Events of one `deleteEvents` call. */
export const DELETE_EVENTS_LIMIT = 100;

const LANGUAGE_CODE_LENGTH_LIMIT = 35;
const ACCESS_CODE_LENGTH = { least: 6, most: 30 } as const;

const idempotencyKey = plainText(200).min(1, "must not be empty").nullish();

/** In its usual letter case, so that `DE` and `de` are one language. */
const languageCode = plainText(LANGUAGE_CODE_LENGTH_LIMIT)
  .trim()
  .transform((code, context) => {
    try {
      return Intl.getCanonicalLocales(code)[0] ?? z.NEVER;
    } catch {
      context.addIssue({ code: "custom", message: "must be a language tag of BCP 47, such as de or pt-BR" });
      return z.NEVER;
    }
  });

const accessCode = plainText(ACCESS_CODE_LENGTH.most)
  .trim()
  .min(ACCESS_CODE_LENGTH.least, `must have ${ACCESS_CODE_LENGTH.least} to ${ACCESS_CODE_LENGTH.most} characters`);

const language = z.object({
  code: languageCode,
  label: nameText,
  templateId: z.string(),
  backupEnabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export type EventLanguageDraft = z.output<typeof language>;

const languages = z
  .array(language)
  .min(1, "must have at least one language")
  .max(LANGUAGE_COUNT_LIMIT, `must have at most ${LANGUAGE_COUNT_LIMIT} languages`)
  .superRefine((drafts, context) => {
    drafts.forEach(({ code }, index) => {
      if (drafts.findIndex((other) => other.code === code) === index) return;
      const params = { code: UserErrorCode.DUPLICATE_NAME };
      context.addIssue({ code: "custom", path: [index, "code"], message: "Another language of the event has this code.", params });
    });
  });

export const createEventInput = z.object({
  title: nameText,
  details: descriptionText.nullish(),
  startsAt: z.date().nullish(),
  endsAt: z.date().nullish(),
  languages,
  messagingMode: z.enum(MessagingMode).nullish(),
  access: z.enum(EventAccess).nullish(),
  accessCode: accessCode.nullish(),
  recordingEnabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  idempotencyKey,
});
export type CreateEvent = z.output<typeof createEventInput>;

export const updateEventInput = z.object({
  id: z.string(),
  expectedVersion: z.number().int().nullish(),
  title: nameText.optional(),
  details: descriptionText.nullish(),
  startsAt: z.date().nullish(),
  endsAt: z.date().nullish(),
  messagingMode: z.enum(MessagingMode).optional(),
  access: z.enum(EventAccess).optional(),
  accessCode: accessCode.nullish(),
  recordingEnabled: z.boolean().optional(),
});
export type UpdateEvent = z.output<typeof updateEventInput>;

export const deleteEventsInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(DELETE_EVENTS_LIMIT, `must be at most ${DELETE_EVENTS_LIMIT}`),
});
export type DeleteEvents = z.output<typeof deleteEventsInput>;

export const addEventLanguageInput = z.object({ id: z.string(), expectedVersion: z.number().int().nullish(), language });
export type AddEventLanguage = z.output<typeof addEventLanguageInput>;

export const removeEventLanguagesInput = z.object({
  id: z.string(),
  expectedVersion: z.number().int().nullish(),
  codes: z.array(languageCode).min(1, "must name at least one").max(LANGUAGE_COUNT_LIMIT),
});
export type RemoveEventLanguages = z.output<typeof removeEventLanguagesInput>;

export const configureBackupIngestInput = z.object({ id: z.string(), languageCode, enabled: z.boolean() });
export type ConfigureBackupIngest = z.output<typeof configureBackupIngestInput>;

export const rotateIngestKeysInput = z.object({
  id: z.string(),
  expectedVersion: z.number().int().nullish(),
  languageCode,
  role: z.enum(IngestRole).nullish(),
});
export type RotateIngestKeys = z.output<typeof rotateIngestKeysInput>;

export const eventActionInput = z.object({ id: z.string() });
export type EventAction = z.output<typeof eventActionInput>;

export const goLiveInput = z.object({
  id: z.string(),
  confirmBackupOnly: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export type GoLive = z.output<typeof goLiveInput>;

export const stopEventInput = z.object({ id: z.string(), confirm: z.boolean() });
export type StopEvent = z.output<typeof stopEventInput>;
