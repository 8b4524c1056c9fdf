import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { SessionNeeds } from "../encoder/encoder.rules.ts";
import { renditionFitsOutput } from "../playbacks/output-fit.rules.ts";
import type { OutputType } from "../playbacks/playback.rules.ts";
import { expectedUrlCount, urlCountMessage } from "../playbacks/playback.validation.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import type { InputType } from "./session.rules.ts";
import type { Decision } from "./session.transitions.ts";
import { textList } from "../database/text-list.ts";

/** What a session is about to run: its input, and its outputs with their templates. */
export interface StartPlan {
  readonly region: string;
  readonly inputType: InputType;
  readonly outputs: readonly PlannedOutput[];
}

export interface PlannedOutput {
  readonly name: string;
  readonly type: OutputType;
  readonly templateId: string;
  readonly urlCount: number;
}

export async function selectStartPlans(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, StartPlan>> {
  const rows = await executor.execute<{ id: string; plan: StartPlan }>(sql`
    select s.id, jsonb_build_object('region', s.region, 'inputType', s.input_type, 'outputs', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', p.name, 'type', p.type, 'templateId', p.template_id, 'urlCount', cardinality(p.urls)) order by p.position), '[]')
      from playbacks p where p.session_id = s.id)) as plan
    from sessions s
    where s.id = any(${textList(ids)})`);
  return new Map(rows.map((row) => [row.id, row.plan]));
}

/** What a plan wants of an encoder. */
export function needsOf(plan: StartPlan, templates: ReadonlyMap<string, TemplateFacts>): SessionNeeds {
  const ladder = plan.outputs.flatMap((output) => templates.get(output.templateId)?.renditions ?? []);
  const encoded = ladder.filter((rendition) => !rendition.isPassthrough);
  return {
    region: plan.region,
    inputType: plan.inputType,
    outputTypes: plan.outputs.map((output) => output.type),
    videoCodecs: encoded.map((rendition) => rendition.videoCodec),
    audioCodecs: encoded.map((rendition) => rendition.audioCodec),
  };
}

/** Refuses what fitted when it was saved and, after an edit of the template, no longer does; null when all fits. */
export function findMisfit(plan: StartPlan, templates: ReadonlyMap<string, TemplateFacts>): Decision | null {
  for (const { name, type, templateId, urlCount } of plan.outputs) {
    const renditions = templates.get(templateId)?.renditions ?? [];
    const expected = expectedUrlCount(type, renditions.length);
    if (urlCount !== expected) {
      return refuse(UserErrorCode.URL_COUNT, `Playback “${name}”: ${urlCountMessage(type, expected, urlCount)}`);
    }
    const misfit = renditions.map((rendition) => renditionFitsOutput(rendition, type)).find((problem) => problem !== null);
    if (misfit) return refuse(UserErrorCode.NOT_APPLICABLE, `Playback “${name}”: ${misfit}`);
  }
  return null;
}

function refuse(code: UserErrorCode, message: string): Decision {
  return { outcome: "FAILED", code, message };
}
