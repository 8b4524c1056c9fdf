import { defineLoader } from "../graphql/loaders.ts";
import { createSessionJudge } from "./csv.comment.ts";
import { selectCsvFacts, selectCsvLines } from "./csv.session.store.ts";
import { readStoredLines } from "../sessions/stored-session.ts";

/** Why sessions cannot be imported again as they are exported, by id; null where they can. */
export const csvCommentLoader = defineLoader<string>("csv comments", async (context, ids) => {
  const { organizationId } = context.actor;
  const selection = { organizationId, filter: { ids }, withSecrets: false };
  const [{ lines }, facts] = await Promise.all([
    selectCsvLines(context.database.executor, selection, { atMost: ids.length }),
    selectCsvFacts(context),
  ]);
  const reasonOf = createSessionJudge({ facts, includeSecrets: true });
  const reasons = new Map(readStoredLines(lines, null).map(({ id, session }) => [id, reasonOf(session)]));
  return ids.map((id) => reasons.get(id) ?? null);
});
