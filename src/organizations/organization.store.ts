import { eq, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { Package } from "./organization.rules.ts";
import { organizations } from "./organization.table.ts";
import { textList } from "../database/text-list.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { nameKey } from "../shared/name.ts";

export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly packages: readonly Package[];
}

const COLUMNS = { id: organizations.id, name: organizations.name, packages: organizations.packages };

/** Inserts an organization; false when its name is taken. */
export async function insertOrganization(executor: Executor, row: OrganizationRow & { readonly nameKey: string }): Promise<boolean> {
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
