import { defineLoader } from "../graphql/loaders.ts";
import { csvComment } from "./csv.comment.ts";
import { selectCsvFacts, selectCsvLines } from "./csv.session.store.ts";
import { readStoredLines } from "./csv.stored.ts";

/** Why sessions cannot be imported again as they are exported, by id; null where they can. */
export const csvCommentLoader = defineLoader<string>("csv comments", async (context, ids) => {
  const { organizationId } = context.actor;
  const query = { organizationId, filter: { ids }, limit: ids.length, withSecrets: false };
  const [lines, facts] = await Promise.all([selectCsvLines(context.database.executor, query), selectCsvFacts(context)]);
  const reasons = new Map(readStoredLines(lines, null).map(({ id, session }) => [id, csvComment(session, facts)]));
  return ids.map((id) => reasons.get(id) ?? null);
});
