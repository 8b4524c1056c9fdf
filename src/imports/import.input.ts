import { z } from "zod";
import { regionText } from "../sessions/session.input.ts";
import { plainText } from "../shared/text.schema.ts";

const IDEMPOTENCY_KEY_LENGTH_LIMIT = 200;

export const importSessionsCsvInput = z.object({
  csv: z.string(),
  region: regionText.nullish(),
  dryRun: z.boolean().nullish().transform(Boolean),
  idempotencyKey: plainText(IDEMPOTENCY_KEY_LENGTH_LIMIT).min(1, "must not be empty").nullish(),
});
