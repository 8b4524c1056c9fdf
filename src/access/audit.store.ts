import { and, eq, gte, lt, sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { firstIdentifierOf } from "../shared/identifier.ts";
import { auditEntries } from "./audit.table.ts";

export type AuditEntryRow = typeof auditEntries.$inferSelect;

export type NewAuditEntry = Omit<AuditEntryRow, "objectIds"> & { readonly objectIds: readonly string[] };

const INSERT = sql`insert into audit_entries (id, organization_id, at, actor, ip_address, verb, object_ids, outcome, request_id)`;

function valuesOf(row: NewAuditEntry): SQL {
  return sql`${row.id}, ${row.organizationId}, ${row.at.toISOString()}::timestamptz, ${row.actor}, ${row.ipAddress}::text, ${row.verb},
      ${textList(row.objectIds)}, ${row.outcome}, ${row.requestId}`;
}

/** The statement that keeps entries, to be run by itself or along with another one. */
export function auditEntriesInsert(rows: readonly NewAuditEntry[]): SQL {
  const values = rows.map((row) => sql`(${valuesOf(row)})`);
  return sql`${INSERT} values ${sql.join(values, sql`, `)}`;
}

/** The same of one, unless there is another one of its caller, verb and outcome since that moment. */
export function auditEntryInsertUnless(row: NewAuditEntry, since: Date): SQL {
  return sql`
    ${INSERT} select ${valuesOf(row)}
    where not exists (
      select 1 from audit_entries
      where organization_id = ${row.organizationId} and id >= ${firstIdentifierOf("auditentry", since)}
        and actor = ${row.actor} and verb = ${row.verb} and outcome = ${row.outcome}
    )`;
}

/** Which entries are meant; what is left out says nothing. */
export interface AuditFilter {
  readonly objectId?: string | null | undefined;
  readonly actor?: string | null | undefined;
  /** From this moment on. */
  readonly from?: Date | null | undefined;
  /** Before this moment. */
  readonly to?: Date | null | undefined;
}

/** One page of an organization's audit, the newest first. */
export async function pageAuditEntries(
  executor: Executor,
  organizationId: string,
  { filter, page }: { readonly filter: AuditFilter; readonly page: KeysetPage },
): Promise<KeysetRows<AuditEntryRow>> {
  // Ids sort by when they were made.
  const order = { key: auditEntries.id, id: auditEntries.id, isDescending: true } as const;
  const rows = await executor
    .select()
    .from(auditEntries)
    .where(and(isMeant(organizationId, filter), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countAuditEntries(executor: Executor, organizationId: string, filter: AuditFilter): Promise<number> {
  return executor.$count(auditEntries, isMeant(organizationId, filter));
}

export async function findAuditEntries(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly AuditEntryRow[]> {
  return executor
    .select()
    .from(auditEntries)
    .where(and(eq(auditEntries.organizationId, organizationId), sql`${auditEntries.id} = any(${textList(ids)})`));
}

function isMeant(organizationId: string, { objectId, actor, from, to }: AuditFilter): SQL | undefined {
  return and(
    eq(auditEntries.organizationId, organizationId),
    typeof objectId === "string" ? sql`${auditEntries.objectIds} @> ${textList([objectId])}` : undefined,
    typeof actor === "string" ? eq(auditEntries.actor, actor) : undefined,
    from ? gte(auditEntries.at, from) : undefined,
    to ? lt(auditEntries.at, to) : undefined,
  );
}
