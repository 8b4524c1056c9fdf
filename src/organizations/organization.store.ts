import { eq, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { KeptAssetsLimits, KeptLimit, Package } from "./organization.rules.ts";
import { organizations } from "./organization.table.ts";
import { textList } from "../database/text-list.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { nameKey } from "../shared/name.ts";

export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly packages: readonly Package[];
  /** As stored, here and below: null for what the installation says, 0 for no limit. */
  readonly assetRetentionDays: number | null;
  readonly assetGigabytes: number | null;
}

const COLUMNS = {
  id: organizations.id,
  name: organizations.name,
  packages: organizations.packages,
  assetRetentionDays: organizations.assetRetentionDays,
  assetGigabytes: organizations.assetGigabytes,
};

/** Inserts an organization; false when its name is taken. */
export async function insertOrganization(
  executor: Executor,
  row: Pick<OrganizationRow, "id" | "name" | "packages"> & { readonly nameKey: string },
): Promise<boolean> {
  const inserted = await executor
    .insert(organizations)
    .values({ id: row.id, name: row.name, nameKey: row.nameKey, packages: [...row.packages] })
    .onConflictDoNothing({ target: organizations.nameKey })
    .returning({ id: organizations.id });
  return inserted.length === 1;
}

export async function findOrganization(executor: Executor, id: string): Promise<OrganizationRow | null> {
  const rows = await executor.select(COLUMNS).from(organizations).where(eq(organizations.id, id));
  return rows[0] ?? null;
}

/** The organization of this id or, for what is no id, of this name in any case. */
export async function findOrganizationNamed(executor: Executor, text: string): Promise<OrganizationRow | null> {
  if (isIdentifier("organization", text)) return findOrganization(executor, text);
  const rows = await executor
    .select(COLUMNS)
    .from(organizations)
    .where(eq(organizations.nameKey, nameKey(text)));
  return rows[0] ?? null;
}

export async function listOrganizations(executor: Executor): Promise<readonly OrganizationRow[]> {
  return executor.select(COLUMNS).from(organizations).orderBy(organizations.nameKey);
}

export interface PackageSwitches {
  readonly id: string;
  readonly enable: readonly Package[];
  readonly disable: readonly Package[];
}

/** Switches packages in one statement, so that two at once cannot undo each other; null when there is no such organization. */
export async function switchPackages(executor: Executor, { id, enable, disable }: PackageSwitches): Promise<OrganizationRow | null> {
  const switched = sql`(
    select coalesce(array_agg(distinct package order by package), '{}')
    from unnest(${organizations.packages} || ${textList(enable)}) as package
    where package <> all(${textList(disable)})
  )`;
  const rows = await executor.update(organizations).set({ packages: switched }).where(eq(organizations.id, id)).returning(COLUMNS);
  return rows[0] ?? null;
}

/** Sets what is given of what an organization keeps of its assets, and gives both as they are then. */
export async function setKeptAssetsLimits(executor: Executor, id: string, limits: Partial<KeptAssetsLimits>): Promise<KeptAssetsLimits> {
  const { days, gigabytes } = limits;
  const [row] = await executor
    .update(organizations)
    .set({
      assetRetentionDays: days === undefined ? sql`${organizations.assetRetentionDays}` : storedLimit(days),
      assetGigabytes: gigabytes === undefined ? sql`${organizations.assetGigabytes}` : storedLimit(gigabytes),
    })
    .where(eq(organizations.id, id))
    .returning({ days: organizations.assetRetentionDays, gigabytes: organizations.assetGigabytes });
  return { days: shownLimit(row?.days ?? null), gigabytes: shownLimit(row?.gigabytes ?? null) };
}

function storedLimit(limit: KeptLimit): number | null {
  if (limit === "DEFAULT") return null;
  return limit === "OFF" ? 0 : limit;
}

function shownLimit(stored: number | null): KeptLimit {
  if (stored === null) return "DEFAULT";
  return stored === 0 ? "OFF" : stored;
}
