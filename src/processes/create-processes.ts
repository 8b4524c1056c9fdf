import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { nameKey } from "../shared/name.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { processChanges, type ProcessStep } from "./process.state.ts";
import { writeProcesses, type ProcessesOfSession } from "./process.store.ts";
import { decideProcesses, type ProcessRequest, type WantedProcess } from "./process.validation.ts";
import { requireLiveProcessing } from "./require-live-processing.ts";

/** Most processes that one call makes: `sync` makes many of few words. */
export const NEW_PROCESSES_LIMIT = 10_000;

/** The playbacks of a session that is not made yet; the place of each among them stands for its id. */
export interface NewPlaybacks {
  readonly playbacks: readonly { readonly name: string; readonly templateId: string }[];
  readonly templates: ReadonlyMap<string, TemplateFacts>;
}

/** The processes of a session that is to be made, their playbacks named by their places, or what is wrong with them. */
export function decideNewProcesses(
  requests: readonly ProcessRequest[],
  { playbacks, templates }: NewPlaybacks,
): { readonly wanted: readonly WantedProcess[]; readonly errors: readonly UserError[] } {
  const { wanted = [], errors = [] } = decideProcesses(requests, {
    playbacks: playbacks.map(({ name, templateId }, place) => ({
      id: String(place),
      nameKey: nameKey(name),
      renditionIds: (templates.get(templateId)?.renditions ?? []).map(({ id }) => id),
    })),
    present: new Map(),
  });
  return { wanted, errors };
}

/** Refuses processes of new sessions, a list for each of them, where the organization may have none, or not so many. */
export async function admitNewProcesses(
  context: TransactionContext,
  processes: readonly (readonly WantedProcess[])[],
  pathOf: (index: number) => readonly string[],
): Promise<void> {
  const first = processes.findIndex((wanted) => wanted.length > 0);
  if (first === -1) return;
  await requireLiveProcessing(context, pathOf(first));
  if (processes.reduce((sum, wanted) => sum + wanted.length, 0) <= NEW_PROCESSES_LIMIT) return;
  throw new Refusal({
    code: UserErrorCode.TOO_MANY_ITEMS,
    message: `At most ${NEW_PROCESSES_LIMIT.toLocaleString("en")} processes in one call.`,
    path: pathOf(first),
  });
}

/** Processes of a session that was just made. */
export interface NewProcesses {
  readonly sessionId: string;
  readonly playbackIds: readonly string[];
  /** Their playbacks named by their places. */
  readonly wanted: readonly WantedProcess[];
}

/** Writes the processes of sessions that were just made, in two statements whatever the number. */
export async function createProcesses(context: TransactionContext, sessions: readonly NewProcesses[]): Promise<void> {
  const items = sessions.map(({ sessionId, playbackIds, wanted }): ProcessesOfSession => ({
    sessionId,
    wanted: wanted.map((each) => ({ ...each, playbackId: playbackIds[Number(each.playbackId)] ?? "" })),
  }));
  const { organizationId, name: actor } = context.actor;
  const ids = await writeProcesses(context.transaction, organizationId, items);
  const states = items.flatMap(({ sessionId, wanted }) =>
    wanted.map(({ kind, settings }) => ({ sessionId, kind, isEnabled: settings.isEnabled, isActive: false, health: "OK" as const })),
  );
  const steps = ids.map((id, index): ProcessStep => ({ id, organizationId, before: null, after: states[index] ?? null }));
  await appendChanges(context.transaction, processChanges(steps, { at: context.clock.now(), actor }));
}
