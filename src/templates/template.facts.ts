import { asc, eq } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { groupBy } from "../shared/group-by.ts";
import { required } from "../shared/assert.ts";
import type { RenditionSettings, TemplateFacts } from "./template.rules.ts";
import { renditions, templates } from "./template.table.ts";

/** All templates of an organization with their ladders, held against edits and deletion until the transaction ends. */
export async function lockTemplateFacts(transaction: Executor, organizationId: string): Promise<ReadonlyMap<string, TemplateFacts>> {
  await transaction
    .select({ id: templates.id })
    .from(templates)
    .where(eq(templates.organizationId, organizationId))
    .orderBy(asc(templates.id))
    .for("share");
  return readTemplateFacts(transaction, organizationId);
}

/** The same without holding them, for those who only look. */
export async function readTemplateFacts(executor: Executor, organizationId: string): Promise<ReadonlyMap<string, TemplateFacts>> {
  const rows = await executor.select().from(templates).where(eq(templates.organizationId, organizationId)).orderBy(asc(templates.id));
  const ladder = await executor
    .select({ rendition: renditions })
    .from(renditions)
    .innerJoin(templates, eq(templates.id, renditions.templateId))
    .where(eq(templates.organizationId, organizationId))
    .orderBy(asc(renditions.templateId), asc(renditions.position));
  const renditionsByTemplate = groupBy(ladder, ({ rendition }) => rendition.templateId);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        name: row.name,
        nameKey: row.nameKey,
        isDefault: row.isDefault,
        version: row.version,
        renditions: (renditionsByTemplate.get(row.id) ?? []).map(({ rendition }) => toRenditionSettings(rendition)),
      },
    ]),
  );
}

export function toRenditionSettings(row: typeof renditions.$inferSelect): RenditionSettings {
  if (row.isPassthrough) return { id: row.id, name: row.name, isPassthrough: true };
  return {
    id: row.id,
    name: row.name,
    isPassthrough: false,
    videoCodec: required(row.videoCodec, "video codec of a rendition"),
    width: required(row.width, "width of a rendition"),
    height: required(row.height, "height of a rendition"),
    videoBitrateKbps: required(row.videoBitrateKbps, "video bitrate of a rendition"),
    frameRate: required(row.frameRate, "frame rate of a rendition"),
    audioCodec: required(row.audioCodec, "audio codec of a rendition"),
    audioBitrateKbps: required(row.audioBitrateKbps, "audio bitrate of a rendition"),
  };
}
