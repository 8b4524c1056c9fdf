import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { isPermitted } from "./level.rules.ts";
import { findApiKeys, type ApiKeyRow } from "./api-key.store.ts";

/** API keys by id; to callers who may not manage them, there are none. */
export const apiKeyLoader = defineLoader<ApiKeyRow>("api keys", async ({ database, actor }, ids) => {
  const known = isPermitted(actor.accessLevel, "list api keys") ? ids.filter((id) => isIdentifier("apikey", id)) : [];
  return inOrderOf(
    ids,
    known.length === 0 ? [] : await findApiKeys(database.executor, actor.organizationId, known),
    (row) => row.id,
    (row) => row,
  );
});
