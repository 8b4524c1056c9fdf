import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import {
  keysetCondition,
  keysetLimit,
  keysetOrderBy,
  takePage,
  type KeysetOrder,
  type KeysetPage,
  type KeysetRows,
} from "../database/keyset.ts";
import { nameKey } from "../shared/name.ts";
import type { RenditionDraft } from "./template.input.ts";
import { renditions, templates } from "./template.table.ts";
import { textList } from "../database/text-list.ts";

export type TemplateRow = typeof templates.$inferSelect;

/** A rendition as it is stored and shown. */
export type StoredRendition = RenditionDraft & { readonly id: string };

/** A template with its ladder, in the ladder's order. */
export type StoredTemplate = TemplateRow & { readonly renditions: readonly StoredRendition[] };

// Names the outer table by hand: in a select from one table Drizzle leaves it off, and `id` would mean the rendition's.
const ladder = sql<readonly StoredRendition[]>`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'name', r.name, 'isPassthrough', r.is_passthrough, 'videoCodec', r.video_codec, 'width', r.width, 'height', r.height,
    'videoBitrateKbps', r.video_bitrate_kbps, 'frameRate', r.frame_rate, 'audioCodec', r.audio_codec,
    'audioBitrateKbps', r.audio_bitrate_kbps) order by r.position), '[]')
  from renditions r where r.template_id = templates.id)`.as("ladder");

function selectTemplates(executor: Executor) {
  return executor.select({ template: templates, renditions: ladder }).from(templates);
}

function toStoredTemplate(row: { readonly template: TemplateRow; readonly renditions: readonly StoredRendition[] }): StoredTemplate {
  return { ...row.template, renditions: row.renditions };
}

export async function findTemplates(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly StoredTemplate[]> {
  const rows = await selectTemplates(executor).where(and(eq(templates.organizationId, organizationId), isOneOf(ids)));
  return rows.map(toStoredTemplate);
}

/** Renditions of an organization's templates by id. */
export async function findRenditions(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly StoredRendition[]> {
  const rows = await executor
    .select({ rendition: renditions })
    .from(renditions)
    .innerJoin(templates, eq(templates.id, renditions.templateId))
    .where(and(eq(templates.organizationId, organizationId), sql`${renditions.id} = any(${textList(ids)})`));
  return rows.map(({ rendition }) => rendition);
}

export interface TemplateSearch {
  readonly organizationId: string;
  /** Part of the name in any case; null for all. */
  readonly search: string | null;
}

const BY_NAME: KeysetOrder = { key: templates.nameOrder, id: templates.id, isDescending: false };

/** Which templates a page is of, and in which order. */
export function templatePageClauses(search: TemplateSearch): { readonly condition: SQL | undefined; readonly keyset: KeysetOrder } {
  return { condition: matches(search), keyset: BY_NAME };
}

/** One page of templates by name. */
export async function pageTemplates(executor: Executor, search: TemplateSearch, page: KeysetPage): Promise<KeysetRows<StoredTemplate>> {
  const rows = await selectTemplates(executor)
    .where(and(matches(search), keysetCondition(BY_NAME, page)))
    .orderBy(keysetOrderBy(BY_NAME, page))
    .limit(keysetLimit(page));
  return takePage(rows.map(toStoredTemplate), page);
}

export async function countTemplates(executor: Executor, search: TemplateSearch): Promise<number> {
  return executor.$count(templates, matches(search));
}

/**
 * Lets one edit of an organization's templates happen at a time, so that two cannot both become the default or take one name.
 * Sessions that are being saved are not held up by it.
 */
export async function lockTemplateEdits(transaction: Transaction, organizationId: string): Promise<void> {
  await transaction.execute(sql`select 1 from organizations where id = ${organizationId} for no key update`);
}

/** The named templates and, where wanted, the default one, locked in the order in which everyone locks templates. */
export async function lockTemplates(
  transaction: Transaction,
  organizationId: string,
  wanted: { readonly ids: readonly string[]; readonly withDefault: boolean },
): Promise<ReadonlyMap<string, StoredTemplate>> {
  const isWanted = wanted.withDefault ? sql`(${isOneOf(wanted.ids)} or ${templates.isDefault})` : isOneOf(wanted.ids);
  const locked = await transaction
    .select({ id: templates.id })
    .from(templates)
    .where(and(eq(templates.organizationId, organizationId), isWanted))
    .orderBy(templates.id)
    .for("update");
  // Read once they are locked: what was read while waiting would be older than the edit that was waited for.
  const rows = await findTemplates(
    transaction,
    organizationId,
    locked.map(({ id }) => id),
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findTemplateNamed(executor: Executor, organizationId: string, name: string): Promise<string | null> {
  const [row] = await executor
    .select({ id: templates.id })
    .from(templates)
    .where(and(eq(templates.organizationId, organizationId), eq(templates.nameKey, nameKey(name))));
  return row?.id ?? null;
}

export async function insertTemplate(transaction: Transaction, row: typeof templates.$inferInsert): Promise<void> {
  await transaction.insert(templates).values(row);
}

/** Changes a template and counts its version up. */
export async function updateTemplateRow(
  transaction: Transaction,
  id: string,
  columns: Partial<typeof templates.$inferInsert>,
): Promise<void> {
  await transaction
    .update(templates)
    .set({ ...columns, version: sql`${templates.version} + 1` })
    .where(eq(templates.id, id));
}

export async function deleteTemplateRows(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction.delete(templates).where(isOneOf(ids));
}

/** Makes the ladder of a template what is given: a rendition that is there keeps its row, one that is left out goes. */
export async function replaceRenditions(
  transaction: Transaction,
  templateId: string,
  ladderRows: readonly StoredRendition[],
): Promise<void> {
  const rows = ladderRows.map((row, position) => ({ ...row, position }));
  await transaction
    .delete(renditions)
    .where(and(eq(renditions.templateId, templateId), sql`${renditions.id} <> all(${textList(rows.map(({ id }) => id))})`));
  await transaction.execute(sql`
    insert into renditions (id, template_id, position, name, is_passthrough, video_codec, width, height,
      video_bitrate_kbps, frame_rate, audio_codec, audio_bitrate_kbps)
    select id, ${templateId}, position, name, "isPassthrough", "videoCodec", width, height,
      "videoBitrateKbps", "frameRate", "audioCodec", "audioBitrateKbps"
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as rendition(
      id text, position integer, name text, "isPassthrough" boolean, "videoCodec" text, width integer, height integer,
      "videoBitrateKbps" integer, "frameRate" double precision, "audioCodec" text, "audioBitrateKbps" integer)
    on conflict (id) do update set
      position = excluded.position, name = excluded.name, is_passthrough = excluded.is_passthrough, video_codec = excluded.video_codec,
      width = excluded.width, height = excluded.height, video_bitrate_kbps = excluded.video_bitrate_kbps,
      frame_rate = excluded.frame_rate, audio_codec = excluded.audio_codec, audio_bitrate_kbps = excluded.audio_bitrate_kbps`);
}

export interface TemplateUse {
  readonly templateId: string;
  readonly sessionCount: number;
  /** The first of the sessions by name. */
  readonly sessionId: string;
  readonly sessionName: string;
}

/** Which of the templates sessions use. Named in SQL alone, since templates know nothing of sessions. */
export async function findTemplateUses(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, TemplateUse>> {
  const rows = await executor.execute<{ [Column in keyof TemplateUse]: TemplateUse[Column] }>(sql`
    select distinct on (p.template_id) p.template_id as "templateId", s.id as "sessionId", s.name as "sessionName",
      (select count(distinct other.session_id) from playbacks other where other.template_id = p.template_id)::integer as "sessionCount"
    from playbacks p join sessions s on s.id = p.session_id
    where p.template_id = any(${textList(ids)})
    order by p.template_id, s.name_order, s.id`);
  return new Map(rows.map((use) => [use.templateId, use]));
}

function isOneOf(ids: readonly string[]) {
  return sql`${templates.id} = any(${textList(ids)})`;
}

function matches({ organizationId, search }: TemplateSearch) {
  const pattern = search === null ? "" : nameKey(search).replace(/[\\%_]/g, "\\$&");
  return and(
    eq(templates.organizationId, organizationId),
    pattern === "" ? undefined : sql`${templates.nameKey} like ${`%${pattern}%`}::text`,
  );
}
