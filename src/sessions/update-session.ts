import { and, eq, inArray, ne } from "drizzle-orm";
import type { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { mergeMaskedUrl } from "../network/mask.ts";
import { noteSessionName } from "../playbacks/playback.store.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import { prefixed, Refusal, UserErrorCode } from "../shared/user-error.ts";
import { editSession } from "./edit-session.ts";
import { changeImages, digestImages, receiveSessionImages } from "./session-images.ts";
import { SecretKind } from "./secret.rules.ts";
import { openSecrets } from "./secret.store.ts";
import { secrets } from "./secret.table.ts";
import type { SessionCandidate, SourceCandidate, updateSessionInput } from "./session.input.ts";
import { writeSecrets } from "./session.insert.ts";
import { prepareSourceSecrets, sourceColumns } from "./session.prepare.ts";
import type { SessionRow } from "./session.store.ts";
import { sessions } from "./session.table.ts";
import { validateRemap, validateSource } from "./session.validation.ts";

export type UpdateSessionInput = z.output<typeof updateSessionInput>;
type SourcePatch = NonNullable<UpdateSessionInput["source"]>;

/** Changes a session: a field left out stays as it is, null clears it. The input, remap and slates want a stopped session. */
export async function updateSession(context: Context, given: UpdateSessionInput): Promise<string> {
  assertPermission(context.actor, "update sessions");
  const { coverImage, slateImage, ...input } = given;
  const [images = {}] = await receiveSessionImages([{ coverImage, slateImage }], () => ["input"]);
  const digested = coverImage || slateImage ? { ...input, images: digestImages(images) } : given;
  return inTransaction(context, "update session", (transactionContext) =>
    idempotently(transactionContext, { operation: "update session", key: input.idempotencyKey, input: digested }, () =>
      editSession(
        transactionContext,
        {
          id: input.id,
          expectedVersion: input.expectedVersion,
          idPath: ["input", "id"],
          needsStopped:
            input.source !== undefined || input.streamRemap !== undefined || input.slatesEnabled !== undefined || slateImage !== undefined,
        },
        async (editContext, session) => {
          await updateText(editContext, session, input);
          await changeImages(editContext, [{ ...session, sessionId: session.id, images }]);
          if (input.source !== undefined || input.streamRemap !== undefined) await updateSource(editContext, session, input);
        },
      ),
    ),
  );
}

async function updateText(context: TransactionContext, session: SessionRow, input: UpdateSessionInput): Promise<void> {
  await refuseTaken(context, session, input);
  const { name, description, externalId, labels, slatesEnabled } = input;
  const naming = name === undefined ? null : { name, nameKey: nameKey(name), nameOrder: nameOrder(name) };
  const columns = {
    ...naming,
    ...(description === undefined ? {} : { description: description || null }),
    ...(externalId === undefined ? {} : { externalId: externalId?.trim() ?? null }),
    ...(labels === undefined ? {} : { labels: [...new Set(labels ?? [])] }),
    ...(slatesEnabled === undefined ? {} : { slatesEnabled }),
  };
  if (Object.keys(columns).length === 0) return;
  await context.transaction.update(sessions).set(columns).where(eq(sessions.id, session.id));
  if (naming) await noteSessionName(context.transaction, { sessionId: session.id, nameOrder: naming.nameOrder });
}

async function refuseTaken(context: TransactionContext, session: SessionRow, { name, externalId }: UpdateSessionInput): Promise<void> {
  const others = [
    ...(name === undefined ? [] : [{ field: "name", is: eq(sessions.nameKey, nameKey(name)) }]),
    ...(externalId ? [{ field: "externalId", is: eq(sessions.externalId, externalId.trim()) }] : []),
  ];
  for (const { field, is } of others) {
    const [other] = await context.transaction
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.organizationId, session.organizationId), ne(sessions.id, session.id), is));
    if (other) {
      throw new Refusal({
        code: UserErrorCode.DUPLICATE_NAME,
        message: field === "name" ? "Another session has this name." : "Another session has this external id.",
        path: ["input", field],
        conflictingId: other.id,
      });
    }
  }
}

async function updateSource(context: TransactionContext, session: SessionRow, input: UpdateSessionInput): Promise<void> {
  const patch = input.source ?? {};
  const stored = await openSecrets(context, session.id);
  const candidate = patchSource(session, patch, {
    urlA: stored.get(SecretKind.INPUT_URL_A) ?? session.urlA,
    urlB: stored.get(SecretKind.INPUT_URL_B) ?? session.urlB,
    srtPassphrase: stored.get(SecretKind.SRT_PASSPHRASE) ?? null,
  });
  const streamRemap = input.streamRemap === undefined ? session.streamRemap : (input.streamRemap ?? []);
  const source = validateSource(candidate, context.network);
  const errors = [...(source.errors ?? []), ...validateRemap({ source: candidate, streamRemap } satisfies RemapCandidate)];
  if (!source.draft || errors.length > 0) throw new Refusal(...prefixed(errors, ["input"]));
  const { input_type: _type, ...columns } = sourceColumns(source.draft);
  await context.transaction
    .update(sessions)
    .set({
      urlA: columns.url_a,
      urlB: columns.url_b,
      recoveryIntervalSeconds: columns.recovery_interval_seconds,
      errorThresholdPercent: columns.error_threshold_percent,
      srtEncryptionEnabled: columns.srt_encryption_enabled,
      hlsScte35PassthroughEnabled: columns.hls_scte35_passthrough_enabled,
      streamRemap: [...streamRemap],
    })
    .where(eq(sessions.id, session.id));
  await replaceSecrets(context, session, { patch, draft: source.draft });
}

type RemapCandidate = Pick<SessionCandidate, "source" | "streamRemap">;

/** The input as it would be with the patch; a masked URL sent back stands for the one that is stored. */
function patchSource(
  session: SessionRow,
  patch: SourcePatch,
  stored: { readonly urlA: string | null; readonly urlB: string | null; readonly srtPassphrase: string | null },
): SourceCandidate {
  const urlB = patchedUrl(patch.urlB, stored.urlB, "urlB");
  if (patch.failover === null && urlB) {
    throw new Refusal({
      code: UserErrorCode.INVALID_VALUE,
      message: "An input with a URL B fails over. To end failover, set urlB to null as well.",
      path: ["input", "source", "failover"],
    });
  }
  const storedFailover =
    session.recoveryIntervalSeconds === null
      ? null
      : { recoveryIntervalSeconds: session.recoveryIntervalSeconds, errorThresholdPercent: session.errorThresholdPercent };
  const srtEncryptionEnabled =
    patch.srtEncryptionEnabled === undefined ? session.srtEncryptionEnabled : (patch.srtEncryptionEnabled ?? false);
  return {
    type: session.inputType,
    urlA: patchedUrl(patch.urlA, stored.urlA, "urlA"),
    urlB,
    failover: patch.failover ?? (urlB ? storedFailover : null),
    customStreamKey: patch.customStreamKey,
    srtEncryptionEnabled,
    srtPassphrase: patch.srtPassphrase === undefined && srtEncryptionEnabled ? stored.srtPassphrase : patch.srtPassphrase,
    hlsScte35PassthroughEnabled:
      patch.hlsScte35PassthroughEnabled === undefined ? session.hlsScte35PassthroughEnabled : patch.hlsScte35PassthroughEnabled,
  };
}

function patchedUrl(sent: string | null | undefined, stored: string | null, field: string): string | null {
  if (sent === undefined) return stored;
  if (!sent) return null;
  const merged = stored === null ? sent : mergeMaskedUrl(sent, stored, "INPUT");
  if (merged !== null) return merged;
  throw new Refusal({
    code: UserErrorCode.INVALID_VALUE,
    message: "The URL has a masked secret that is not the stored one's. Send the whole URL.",
    path: ["input", "source", field],
  });
}

/** URLs are sealed anew; a stream key or passphrase only where the patch speaks of it. */
async function replaceSecrets(
  context: TransactionContext,
  session: SessionRow,
  { patch, draft }: { readonly patch: SourcePatch; readonly draft: Parameters<typeof prepareSourceSecrets>[2] },
): Promise<void> {
  const replaced: SecretKind[] = [SecretKind.INPUT_URL_A, SecretKind.INPUT_URL_B];
  if (patch.customStreamKey !== undefined) replaced.push(SecretKind.STREAM_KEY);
  if (patch.srtPassphrase !== undefined || draft.srtEncryptionEnabled !== session.srtEncryptionEnabled)
    replaced.push(SecretKind.SRT_PASSPHRASE);
  const rows = prepareSourceSecrets(context, session.id, draft).filter((row) => replaced.includes(row.kind));
  // A secret that is replaced keeps its id; only what is no longer there goes.
  await writeSecrets(context.transaction, rows);
  const gone = replaced.filter((kind) => !rows.some((row) => row.kind === kind));
  await context.transaction.delete(secrets).where(and(eq(secrets.sessionId, session.id), inArray(secrets.kind, gone)));
}
