import { z } from "zod";
import { nameText } from "../shared/text.schema.ts";
import { AccessLevel } from "./level.rules.ts";

/** Keys of one `revokeApiKeys` call. */
const REVOKE_API_KEYS_LIMIT = 100;

export const createApiKeyInput = z.object({
  name: nameText,
  accessLevel: z.enum(AccessLevel),
  canIntrospect: z.boolean().nullish(),
  expiresAt: z.date().nullish(),
});
export type CreateApiKey = z.output<typeof createApiKeyInput>;

export const revokeApiKeysInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(REVOKE_API_KEYS_LIMIT, `must be at most ${REVOKE_API_KEYS_LIMIT}`),
});
export type RevokeApiKeys = z.output<typeof revokeApiKeysInput>;
