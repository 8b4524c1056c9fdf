import { eq } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { images } from "./image.table.ts";

/** The bytes of a picture; null when it is gone. */
export async function readImageBytes(executor: Executor, id: string): Promise<Buffer | null> {
  const [row] = await executor.select({ bytes: images.bytes }).from(images).where(eq(images.id, id));
  return row?.bytes ?? null;
}
