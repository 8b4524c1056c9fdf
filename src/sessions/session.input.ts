import { z } from "zod";
import type { ImageFile } from "../images/receive-image.ts";
import { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import { processSettingsList } from "../processes/process.input.ts";
import { descriptionText, idText, nameText, plainText } from "../shared/text.schema.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { SessionFilter } from "./session.filter.ts";
import { Health, ImportMode, InputPath, InputType, RemapMode, RemapType, SessionStatus } from "./session.rules.ts";

/** Longest texts, in characters. */
export const URL_LENGTH_LIMIT = 2_048;
export const LABEL_LENGTH_LIMIT = 100;
export const EXTERNAL_ID_LENGTH_LIMIT = 200;
export const REGION_LENGTH_LIMIT = 63;
export const SERVICE_PROVIDER_LENGTH_LIMIT = 100;
export const LABEL_COUNT_LIMIT = 50;
export const PLAYBACK_COUNT_LIMIT = 20;
export const URL_COUNT_LIMIT = 20;
export const REMAP_RULE_COUNT_LIMIT = 64;
/** Sessions of one `createSessions` call. */
export const CREATE_SESSIONS_LIMIT = 1_000;
/** Sessions of one bulk call. */
export const BULK_LIMIT = 10_000;

/** libsrt's own rule. */
const SRT_PASSPHRASE_LENGTH = { least: 10, most: 79 } as const;
const RECOVERY_INTERVAL_SECONDS = { remainOnB: -1, least: 120, most: 2_147_483_647 } as const;
const ERROR_THRESHOLD_PERCENT = { least: 0.01, most: 100 } as const;
export const FILE_DURATION_SECONDS = { step: 300, least: 300, most: 43_200 } as const;

export const regionText = z
  .string()
  .regex(new RegExp(`^[a-z0-9][a-z0-9-]{0,${REGION_LENGTH_LIMIT - 1}}$`), "must be lower-case letters, digits and hyphens");
export const externalIdText = plainText(EXTERNAL_ID_LENGTH_LIMIT).refine((text) => text.trim().length > 0, "must not be empty");
export const urlText = plainText(URL_LENGTH_LIMIT);
export const streamKeyText = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{7,127}$/, "must be 8 to 128 letters, digits, dots, hyphens, underscores or tildes");
export const srtPassphraseText = plainText(SRT_PASSPHRASE_LENGTH.most)
  .min(SRT_PASSPHRASE_LENGTH.least, `must be ${SRT_PASSPHRASE_LENGTH.least} to ${SRT_PASSPHRASE_LENGTH.most} characters`)
  .regex(/^[\x20-\x7e]*$/, "must be printable ASCII characters");
export const recoveryIntervalSeconds = z
  .number()
  .int()
  .refine(
    (seconds) =>
      seconds === RECOVERY_INTERVAL_SECONDS.remainOnB ||
      (seconds >= RECOVERY_INTERVAL_SECONDS.least && seconds <= RECOVERY_INTERVAL_SECONDS.most),
    `must be -1 (remain on B) or ${RECOVERY_INTERVAL_SECONDS.least} or more seconds`,
  );
export const errorThresholdPercent = z
  .number()
  .min(ERROR_THRESHOLD_PERCENT.least, "must be 0.01 to 100.0 percent")
  .max(ERROR_THRESHOLD_PERCENT.most, "must be 0.01 to 100.0 percent");
export const programNumber = z.number().int().min(1, "must be 1 to 65535").max(65_535, "must be 1 to 65535");
export const serviceProviderText = plainText(SERVICE_PROVIDER_LENGTH_LIMIT).refine(
  (text) => text.length > 0 && !/\p{Cc}/u.test(text),
  "must not be empty or contain control characters",
);
export const maxFileDurationSeconds = z
  .number()
  .int()
  .refine(
    (seconds) =>
      seconds % FILE_DURATION_SECONDS.step === 0 && seconds >= FILE_DURATION_SECONDS.least && seconds <= FILE_DURATION_SECONDS.most,
    `must be a multiple of ${FILE_DURATION_SECONDS.step} from ${FILE_DURATION_SECONDS.least} to ${FILE_DURATION_SECONDS.most}`,
  );

const labels = z
  .array(plainText(LABEL_LENGTH_LIMIT).trim().min(1, "must not be empty"))
  .max(LABEL_COUNT_LIMIT, `must be at most ${LABEL_COUNT_LIMIT}`);
const failover = z.object({ recoveryIntervalSeconds, errorThresholdPercent: errorThresholdPercent.nullish() });
const remapRule = z.object({
  priority: z.number().int().min(0, "must be 0 to 1000").max(1_000, "must be 0 to 1000"),
  type: z.enum(RemapType),
  language: z.string().regex(/^([a-z]{2,3}|any)$/, "must be a language code of two or three letters, or any"),
  mode: z.enum(RemapMode),
});

const sourceFields = {
  urlA: urlText.nullish(),
  urlB: urlText.nullish(),
  failover: failover.nullish(),
  customStreamKey: streamKeyText.nullish(),
  srtEncryptionEnabled: z.boolean().nullish(),
  srtPassphrase: srtPassphraseText.nullish(),
  hlsScte35PassthroughEnabled: z.boolean().nullish(),
};
const playbackFields = {
  urls: z.array(urlText).max(URL_COUNT_LIMIT, `must be at most ${URL_COUNT_LIMIT}`).nullish(),
  hlsEnabled: z.boolean().nullish(),
  dashEnabled: z.boolean().nullish(),
  serviceProvider: serviceProviderText.nullish(),
  programNumber: programNumber.nullish(),
  fileFormat: z.enum(FileFormat).nullish(),
  maxFileDurationSeconds: maxFileDurationSeconds.nullish(),
};

export const playbackInput = z.object({ name: nameText, type: z.enum(OutputType), templateId: z.string().nullish(), ...playbackFields });
export const playbackPatch = z.object({ name: nameText.optional(), templateId: z.string().optional(), ...playbackFields });
/** GraphQL has made sure that it is an upload. */
const imageFile = z.custom<ImageFile>((value) => typeof value === "object" && value !== null && "open" in value).nullish();
const idempotencyKey = plainText(200).min(1, "must not be empty").nullish();
const expectedVersion = z.number().int().nullish();

const sessionFields = {
  name: nameText,
  description: descriptionText.nullish(),
  region: regionText.nullish(),
  externalId: externalIdText.nullish(),
  labels: labels.nullish(),
  coverImage: imageFile,
  source: z.object({ type: z.enum(InputType), ...sourceFields }),
  slatesEnabled: z.boolean().nullish(),
  streamRemap: z.array(remapRule).max(REMAP_RULE_COUNT_LIMIT, `must be at most ${REMAP_RULE_COUNT_LIMIT}`).nullish(),
  playbacks: z.array(playbackInput).max(PLAYBACK_COUNT_LIMIT, `must be at most ${PLAYBACK_COUNT_LIMIT}`),
  processes: processSettingsList.nullish(),
};

export const createSessionInput = z.object({ ...sessionFields, idempotencyKey });
export const createSessionsInput = z.object({
  sessions: z.array(createSessionInput).max(CREATE_SESSIONS_LIMIT, `must be at most ${CREATE_SESSIONS_LIMIT}`),
  mode: z
    .enum(ImportMode)
    .nullish()
    .transform((mode) => mode ?? ImportMode.CREATE),
  dryRun: z.boolean().nullish().transform(Boolean),
  idempotencyKey,
});
export const updateSessionInput = z.object({
  id: z.string(),
  expectedVersion,
  name: nameText.optional(),
  description: descriptionText.nullish(),
  externalId: externalIdText.nullish(),
  labels: labels.nullish(),
  coverImage: imageFile,
  slateImage: imageFile,
  source: z.object(sourceFields).optional(),
  slatesEnabled: z.boolean().optional(),
  streamRemap: sessionFields.streamRemap,
  idempotencyKey,
});
export const addPlaybackInput = z.object({ sessionId: z.string(), expectedVersion, playback: playbackInput, idempotencyKey });
export const updatePlaybackInput = z.object({ id: z.string(), expectedVersion, playback: playbackPatch });
export const removePlaybacksInput = z.object({
  sessionId: z.string(),
  ids: z.array(z.string()).min(1, "must name at least one").max(PLAYBACK_COUNT_LIMIT, `must be at most ${PLAYBACK_COUNT_LIMIT}`),
  expectedVersion,
});

const filterText = plainText(URL_LENGTH_LIMIT);
const filterTexts = z.array(filterText).max(BULK_LIMIT, `must be at most ${BULK_LIMIT} values`).nullish();
const filterIds = z.array(idText).max(BULK_LIMIT, `must be at most ${BULK_LIMIT} values`).nullish();
export const sessionFilter = z.object({
  ids: filterIds,
  excludeIds: filterIds,
  names: filterTexts,
  externalIds: filterTexts,
  streamIds: filterTexts,
  labels: filterTexts,
  search: plainText(200).nullish(),
  status: z.array(z.enum(SessionStatus)).nullish(),
  health: z.array(z.enum(Health)).nullish(),
  inputType: z.array(z.enum(InputType)).nullish(),
  templateId: idText.nullish(),
  hasOpenAlert: z.boolean().nullish(),
  hasPendingChanges: z.boolean().nullish(),
  hasEvent: z.boolean().nullish(),
});

/** A session as a caller describes it, its values in range but nothing yet checked against anything else. */
export type SessionCandidate = Omit<z.output<typeof createSessionInput>, "idempotencyKey">;
export type PlaybackCandidate = z.output<typeof playbackInput>;
export type SourceCandidate = SessionCandidate["source"];

/** Reads a filter of a query; throws BAD_USER_INPUT for texts that no session can have. */
export function parseSessionFilter(filter: unknown): SessionFilter {
  const result = sessionFilter.safeParse(filter ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Fault(FaultCode.BAD_USER_INPUT, `The filter's ${issue?.path.join(".") ?? "value"} ${issue?.message ?? "is not valid"}.`);
}

/** Exactly one of ids and filter, as GraphQL's `@oneOf` has made sure of. */
export const sessionSelection = z
  .object({ ids: z.array(idText).nullish(), filter: sessionFilter.nullish() })
  .transform(({ ids, filter }) => (ids ? { ids } : { filter: filter ?? {} }));

const bulkFields = {
  selection: sessionSelection,
  dryRun: z.boolean().nullish().transform(Boolean),
  expectedCount: z.number().int().min(0).nullish(),
  idempotencyKey,
};
export const sessionBulkInput = z.object(bulkFields);
export const switchSessionInputsInput = z.object({ ...bulkFields, toPath: z.enum(InputPath) });
export const restartSessionsInput = z.object({
  ...bulkFields,
  maxConcurrent: z.number().int().min(1, "must be 1 to 1000").max(1_000, "must be 1 to 1000").nullish(),
});
