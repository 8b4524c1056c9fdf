import { z } from "zod";
import { Upload } from "../graphql/upload.ts";
import { regionText } from "../sessions/session.input.ts";
import { ImportMode } from "../sessions/session.rules.ts";
import { plainText } from "../shared/text.schema.ts";
import { UserErrorCode } from "../shared/user-error.ts";

const IDEMPOTENCY_KEY_LENGTH_LIMIT = 200;

export const importSessionsCsvInput = z
  .object({
    csv: z.string().nullish(),
    file: z.instanceof(Upload).nullish(),
    region: regionText.nullish(),
    mode: z
      .enum(ImportMode)
      .nullish()
      .transform((mode) => mode ?? ImportMode.CREATE),
    dryRun: z.boolean().nullish().transform(Boolean),
    idempotencyKey: plainText(IDEMPOTENCY_KEY_LENGTH_LIMIT).min(1, "must not be empty").nullish(),
  })
  .superRefine(({ csv, file }, context) => {
    const hasText = csv !== null && csv !== undefined;
    if (hasText && file) context.addIssue({ code: "custom", path: ["file"], message: "Give the file as `csv` or as `file`, not both." });
    if (hasText || file) return;
    const params = { code: UserErrorCode.REQUIRED };
    context.addIssue({ code: "custom", path: ["csv"], message: "Give the file as text in `csv`, or as an upload in `file`.", params });
  });
