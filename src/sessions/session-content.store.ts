import { eq, sql } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { openSecret } from "./secret.store.ts";
import { secrets } from "./secret.table.ts";

/**
 * Everything that is kept of a session and its playbacks, secrets in clear, as one text: two of them are equal when nothing was
 * edited in between, whatever was written. Never to be stored or shown.
 */
export async function readSessionContent({ transaction, vault }: TransactionContext, id: string): Promise<string> {
  const [row] = await transaction.execute<{ content: string }>(sql`
    select jsonb_build_array(to_jsonb(s), (
      select jsonb_agg(to_jsonb(p) order by p.id) from playbacks p where p.session_id = s.id))::text as content
    from sessions s where s.id = ${id}`);
  const rows = await transaction.select().from(secrets).where(eq(secrets.sessionId, id));
  const opened = rows.map((secret) => [secret.id, secret.kind, secret.position, secret.isGenerated, openSecret(vault, secret)]);
  return JSON.stringify([row?.content, opened.map((secret) => JSON.stringify(secret)).sort()]);
}
