import { sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { partsOfLargeSet } from "../database/large-set.ts";
import { textList } from "../database/text-list.ts";

/** Which pictures sessions are to have; a kind that is left out stays. */
export interface SessionImages {
  readonly sessionId: string;
  readonly coverImageId?: string | null;
  readonly slateImageId?: string | null;
}

/** Gives sessions their pictures, in one statement for all of them. */
export async function writeSessionImages(transaction: Transaction, writes: readonly SessionImages[]): Promise<void> {
  if (writes.length === 0) return;
  await transaction.execute(sql`
    update sessions s set
      cover_image_id = case when w.row ? 'coverImageId' then w.row ->> 'coverImageId' else s.cover_image_id end,
      slate_image_id = case when w.row ? 'slateImageId' then w.row ->> 'slateImageId' else s.slate_image_id end
    from jsonb_array_elements(${JSON.stringify(writes)}::text::jsonb) as w (row)
    where s.id = w.row ->> 'sessionId'`);
}

/** Deletes sessions that nothing runs on, and their pictures with them, which nobody could find any more. */
export async function deleteSessionRows(transaction: Transaction, ids: readonly string[]): Promise<void> {
  for (const part of partsOfLargeSet(ids)) {
    await transaction.execute(sql`
      with gone as (
        delete from sessions where id = any(${textList(part)}) and status in ('STOPPED', 'FAILED')
        returning cover_image_id, slate_image_id)
      delete from images where id in (select cover_image_id from gone union all select slate_image_id from gone)`);
  }
}

/** The picture that stands for a session, and the SHA-256 of its bytes in hex. */
export interface CoverImage {
  readonly coverImageId: string;
  readonly digest: string;
}

/** The cover images of those of the sessions that have one. */
export async function findCoverImages(transaction: Transaction, sessionIds: readonly string[]): Promise<ReadonlyMap<string, CoverImage>> {
  const rows = await transaction.execute<{ id: string; image_id: string; digest: string }>(sql`
    select s.id, i.id as image_id, encode(sha256(i.bytes), 'hex') as digest
    from sessions s join images i on i.id = s.cover_image_id where s.id = any(${textList(sessionIds)})`);
  return new Map(rows.map((row) => [row.id, { coverImageId: row.image_id, digest: row.digest }]));
}
