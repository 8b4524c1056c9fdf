import { eq, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { images } from "./image.table.ts";

/** The bytes of a picture; null when it is gone. */
export async function readImageBytes(executor: Executor, id: string): Promise<Buffer | null> {
  const [row] = await executor.select({ bytes: images.bytes }).from(images).where(eq(images.id, id));
  return row?.bytes ?? null;
}

/** A picture as it is served. */
export interface ServedImage {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The picture of an address; null when there is none. */
export async function findServedImage(executor: Executor, pathToken: string): Promise<ServedImage | null> {
  const [row] = await executor
    .select({ contentType: images.contentType, bytes: images.bytes })
    .from(images)
    .where(eq(images.pathToken, pathToken));
  return row ?? null;
}

/** The path tokens of pictures, by their ids. */
export async function findImageTokens(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await executor
    .select({ id: images.id, pathToken: images.pathToken })
    .from(images)
    .where(sql`${images.id} = any(${textList(ids)})`);
  return new Map(rows.map((row) => [row.id, row.pathToken]));
}

export type NewImage = Omit<typeof images.$inferInsert, "createdAt"> & { readonly createdAt: Date };

export async function insertImages(transaction: Transaction, rows: readonly NewImage[]): Promise<void> {
  if (rows.length > 0) await transaction.insert(images).values([...rows]);
}

export async function deleteImages(transaction: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await transaction.delete(images).where(sql`${images.id} = any(${textList(ids)})`);
}
