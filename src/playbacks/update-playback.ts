import { and, eq, notInArray } from "drizzle-orm";
import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { textList } from "../database/text-list.ts";
import { mergeMaskedUrl } from "../network/mask.ts";
import { removeStrayProcesses } from "../processes/remove-stray-processes.ts";
import { loadValidationFacts } from "../sessions/create-sessions.ts";
import { editSession } from "../sessions/edit-session.ts";
import { openOutputUrls } from "../sessions/secret.store.ts";
import { secrets } from "../sessions/secret.table.ts";
import type { PlaybackDraft } from "../sessions/session.draft.ts";
import type { PlaybackCandidate, updatePlaybackInput } from "../sessions/session.input.ts";
import { writeSecrets } from "../sessions/session.insert.ts";
import { playbackColumns, preparePlaybackSecrets } from "../sessions/session.prepare.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { prefixed, Refusal, UserErrorCode } from "../shared/user-error.ts";
import { refuseClash } from "./playback.clash.ts";
import { findSessionOfPlayback, listPlaybacks, type PlaybackRow } from "./playback.store.ts";
import { playbacks } from "./playback.table.ts";
import { validatePlayback } from "./playback.validation.ts";

export type UpdatePlaybackInput = z.output<typeof updatePlaybackInput>;

/** Changes a playback of a stopped session; its type stays. Gives the session's id. */
export async function updatePlayback(context: Context, input: UpdatePlaybackInput): Promise<string> {
  assertPermission(context.actor, "update sessions");
  return inTransaction(context, "update playback", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const isKnown = isIdentifier("playback", input.id);
    const sessionId = isKnown ? await findSessionOfPlayback(transaction, actor.organizationId, input.id) : null;
    if (sessionId === null) throw notFound();
    return editSession(
      transactionContext,
      { id: sessionId, expectedVersion: input.expectedVersion, idPath: ["input", "id"], needsStopped: true },
      async (editContext) => {
        const all = await listPlaybacks(editContext.transaction, sessionId);
        const current = all.find((playback) => playback.id === input.id);
        if (!current) throw notFound();
        const candidate = await patchPlayback(editContext, current, input.playback);
        const result = validatePlayback(candidate, await loadValidationFacts(editContext));
        if (!result.draft) throw new Refusal(...prefixed(result.errors, ["input", "playback"]));
        refuseClash(
          result.draft,
          all.filter((playback) => playback.id !== current.id),
          ["input", "playback"],
        );
        await writePlayback(editContext, current, result.draft);
      },
    );
  });
}

async function patchPlayback(
  context: TransactionContext,
  current: PlaybackRow,
  patch: UpdatePlaybackInput["playback"],
): Promise<PlaybackCandidate> {
  const whole = await openOutputUrls(context, current.id);
  const storedUrls = current.urls.map((url, position) => whole.get(position) ?? url);
  return {
    name: patch.name ?? current.name,
    type: current.type,
    templateId: patch.templateId ?? current.templateId,
    urls: patch.urls === undefined ? storedUrls : mergeUrls(patch.urls ?? [], storedUrls),
    hlsEnabled: patched(patch.hlsEnabled, current.hlsEnabled),
    dashEnabled: patched(patch.dashEnabled, current.dashEnabled),
    serviceProvider: patched(patch.serviceProvider, current.serviceProvider),
    programNumber: patched(patch.programNumber, current.programNumber),
    fileFormat: patched(patch.fileFormat, current.fileFormat),
    maxFileDurationSeconds: patched(patch.maxFileDurationSeconds, current.maxFileDurationSeconds),
  };
}

function patched<T>(sent: T | undefined, stored: T): T {
  return sent === undefined ? stored : sent;
}

/** The whole URLs that a list means in which masked ones may stand: those stay what they were, wherever in the list they are sent back. */
function mergeUrls(sent: readonly string[], stored: readonly string[]): string[] {
  return sent.map((url, position) => {
    const meant = new Set(stored.map((whole) => mergeMaskedUrl(url, whole, "OUTPUT")).filter((whole) => whole !== null));
    const [only] = meant;
    if (only !== undefined && meant.size === 1) return only;
    // Several look alike under their masks: an unchanged list means each in its own place.
    const inPlace = sent.length === stored.length ? mergeMaskedUrl(url, stored[position] ?? "", "OUTPUT") : null;
    if (inPlace !== null) return inPlace;
    if (stored.length === 0) return url;
    throw new Refusal({
      code: UserErrorCode.INVALID_VALUE,
      message:
        meant.size > 1
          ? "Several stored URLs look like this one under their masks. Send the whole URL."
          : "The URL has a masked secret that is not the stored one's. Send the whole URL.",
      path: ["input", "playback", "urls", String(position)],
    });
  });
}

async function writePlayback(context: TransactionContext, current: PlaybackRow, draft: PlaybackDraft): Promise<void> {
  const columns = playbackColumns(draft);
  await context.transaction
    .update(playbacks)
    .set({
      name: columns.name,
      nameKey: columns.name_key,
      templateId: columns.template_id,
      urls: columns.urls,
      hlsEnabled: columns.hls_enabled,
      dashEnabled: columns.dash_enabled,
      serviceProvider: columns.service_provider,
      programNumber: columns.program_number,
      fileFormat: columns.file_format,
      maxFileDurationSeconds: columns.max_file_duration_seconds,
    })
    .where(eq(playbacks.id, current.id));
  await removeStrayProcesses(context, textList([current.sessionId]));
  const rows = preparePlaybackSecrets(context, { sessionId: current.sessionId, playbackId: current.id, playback: draft });
  await writeSecrets(context.transaction, rows);
  const kept = rows.map((row) => row.position);
  await context.transaction.delete(secrets).where(and(eq(secrets.playbackId, current.id), notInArray(secrets.position, kept)));
}

function notFound(): Refusal {
  return new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no playback with this id.", path: ["input", "id"] });
}
