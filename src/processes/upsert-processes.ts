import type { TransactionContext } from "../access/context.ts";
import { listPlaybacksOfSessions } from "../playbacks/playback.store.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { groupBy } from "../shared/group-by.ts";
import { nameKey } from "../shared/name.ts";
import type { UserError } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { editProcesses } from "./edit-processes.ts";
import { isSameSettings } from "./process.rules.ts";
import { writeProcesses, type ProcessRow } from "./process.store.ts";
import { decideProcesses, placeOf, type ProcessRequest, type WantedProcess } from "./process.validation.ts";

/** The playbacks that a session is to have: those without an id are made in the same call, and the place stands for it. */
export interface UpsertedPlaybacks {
  readonly playbacks: readonly { readonly id: string | null; readonly name: string; readonly templateId: string }[];
  readonly templates: ReadonlyMap<string, TemplateFacts>;
  /** Processes that the session has. */
  readonly present: readonly ProcessRow[];
}

export interface UpsertedProcesses {
  readonly wanted: readonly WantedProcess[];
  /** Whether anything of it is not so already. */
  readonly isChanged: boolean;
  readonly errors: readonly UserError[];
}

/** What a call comes to for the processes of a session that is there, while its playbacks may be edited as well. */
export function decideUpsertedProcesses(
  requests: readonly ProcessRequest[],
  { playbacks, templates, present }: UpsertedPlaybacks,
): UpsertedProcesses {
  const known = new Map(present.filter(({ isRemoved }) => !isRemoved).map((row) => [placeOf(row), row]));
  const { wanted = [], errors = [] } = decideProcesses(requests, {
    playbacks: playbacks.map(({ id, name, templateId }, place) => ({
      id: id ?? String(place),
      nameKey: nameKey(name),
      renditionIds: (templates.get(templateId)?.renditions ?? []).map((rendition) => rendition.id),
    })),
    present: known,
  });
  const isSame = (each: WantedProcess) => {
    const now = known.get(placeOf(each));
    return now !== undefined && isSameSettings(now, each.settings);
  };
  return { wanted, errors, isChanged: !wanted.every(isSame) };
}

export interface SessionProcesses {
  readonly sessionId: string;
  /** Their playbacks by id, or by place where they are new. */
  readonly wanted: readonly WantedProcess[];
}

/** Writes what was decided, once the playbacks are written: a fixed number of statements for any number of sessions. */
export async function upsertProcesses(context: TransactionContext, items: readonly SessionProcesses[]): Promise<void> {
  if (items.length === 0) return;
  const { transaction, actor } = context;
  const sessionIds = items.map(({ sessionId }) => sessionId);
  const sessions = [...(await lockSessions(transaction, actor.organizationId, sessionIds)).values()];
  const playbacks = groupBy(await listPlaybacksOfSessions(transaction, actor.organizationId, sessionIds), ({ sessionId }) => sessionId);
  const written = items.map(({ sessionId, wanted }) => {
    const ids = (playbacks.get(sessionId) ?? []).map(({ id }) => id);
    return {
      sessionId,
      wanted: wanted.map((each) => ({ ...each, playbackId: ids[Number(each.playbackId)] ?? each.playbackId })),
    };
  });
  await editProcesses(context, sessions, () => writeProcesses(transaction, actor.organizationId, written));
}
