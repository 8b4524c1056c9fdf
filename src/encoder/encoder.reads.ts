import { eq, getColumns, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { EncoderStatus } from "./encoder.rules.ts";
import { encoders } from "./encoder.table.ts";
import { textList } from "../database/text-list.ts";

// Names the outer table by hand: in a select from one table Drizzle leaves it off, and `id` would mean the session's.
/** How many sessions an encoder holds the lease of; of all organizations, since they share the room. */
const running = sql<number>`(select count(*) from sessions s where s.encoder_id = encoders.id)::integer`.as("running");

export type EncoderReading = typeof encoders.$inferSelect & { readonly running: number };

/** Every encoder that ever registered and was not forgotten, by region and name. */
export async function listEncoders(executor: Executor): Promise<readonly EncoderReading[]> {
  return executor
    .select({ ...getColumns(encoders), running })
    .from(encoders)
    .orderBy(encoders.region, encoders.name, encoders.id);
}

export async function findEncoders(executor: Executor, ids: readonly string[]): Promise<readonly EncoderReading[]> {
  return executor
    .select({ ...getColumns(encoders), running })
    .from(encoders)
    .where(sql`${encoders.id} = any(${textList(ids)})`);
}

export interface RegionReading {
  readonly name: string;
  readonly isDefault: boolean;
  /** Sessions that its online encoders take together. */
  readonly capacity: number;
  /** Sessions that encoders of it run. */
  readonly running: number;
}

/** The regions that encoders are in, and the default one, by name. */
export async function listRegions(executor: Executor, defaultRegion: string): Promise<readonly RegionReading[]> {
  const rows = await executor
    .select({
      name: encoders.region,
      capacity: sql<number>`coalesce(sum(${encoders.capacity}) filter (where ${eq(encoders.status, EncoderStatus.ONLINE)}), 0)::integer`,
      running: sql<number>`sum((select count(*) from sessions s where s.encoder_id = encoders.id))::integer`,
    })
    .from(encoders)
    .groupBy(encoders.region);
  const regions = rows.map((row) => ({ ...row, isDefault: row.name === defaultRegion }));
  const missing = regions.some(({ isDefault }) => isDefault) ? [] : [{ name: defaultRegion, isDefault: true, capacity: 0, running: 0 }];
  return [...regions, ...missing].sort((one, other) => (one.name < other.name ? -1 : 1));
}
