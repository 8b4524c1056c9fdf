import { defineLoader } from "../graphql/loaders.ts";
import { csvComment } from "./csv.comment.ts";
import { selectCsvFacts, selectCsvSessions } from "./csv.session.store.ts";

/** Why sessions cannot be imported again as they are exported, by id; null where they can. */
export const csvCommentLoader = defineLoader<string>("csv comments", async (context, ids) => {
  const { executor } = context.database;
  const filter = { ids };
  const query = { organizationId: context.actor.organizationId, filter, limit: ids.length, vault: null };
  const [stored, facts] = await Promise.all([selectCsvSessions(executor, query), selectCsvFacts(context)]);
  const reasons = new Map(stored.map(({ id, session }) => [id, csvComment(session, facts)]));
  return ids.map((id) => reasons.get(id) ?? null);
});
