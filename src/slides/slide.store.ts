import { asc, eq, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { images } from "../images/image.table.ts";
import { slides } from "./slide.table.ts";

/** A slide with the unguessable part of its picture's address. */
export interface SlideRow {
  readonly id: string;
  readonly eventId: string;
  readonly number: number;
  readonly pathToken: string;
}

/** The slides of events, in their order. */
export async function listSlides(executor: Executor, eventIds: readonly string[]): Promise<readonly SlideRow[]> {
  return executor
    .select({ id: slides.id, eventId: slides.eventId, number: slides.number, pathToken: images.pathToken })
    .from(slides)
    .innerJoin(images, eq(images.id, slides.imageId))
    .where(sql`${slides.eventId} = any(${textList(eventIds)})`)
    .orderBy(asc(slides.eventId), asc(slides.number));
}

/** Removes the slides of events, with their pictures. */
export async function deleteSlides(transaction: Transaction, eventIds: readonly string[]): Promise<void> {
  await transaction.execute(sql`
    with gone as (delete from slides where event_id = any(${textList(eventIds)}) returning image_id)
    delete from images where id in (select image_id from gone)`);
}

export async function insertSlides(transaction: Transaction, rows: readonly (typeof slides.$inferInsert)[]): Promise<void> {
  await transaction.insert(slides).values([...rows]);
}
