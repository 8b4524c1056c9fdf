import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { recordAudit } from "../access/record-audit.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { requireLiveProcessing } from "../processes/require-live-processing.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier, newIdentifier, randomToken } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { CreateClip } from "./asset.input.ts";
import { assetChanges } from "./asset.state.ts";
import { SHARE_TOKEN_LENGTH } from "./asset.store.ts";
import { refuseClip, WAITING_CLIPS_LIMIT } from "./clip.rules.ts";
import { countWaitingClips, holdReplay, insertClip, type HeldReplay } from "./clip.store.ts";

/** Asks for a piece of a replay, which the encoder that keeps it makes, and shares it. Gives the id of the clip. */
export async function createClip(context: Context, input: CreateClip): Promise<string> {
  assertPermission(context.actor, "create clips");
  const { idempotencyKey: key, ...asked } = input;
  return inTransaction(context, "create clip", (transactionContext) =>
    idempotently(transactionContext, { operation: "create clip", key, input: asked }, () => create(transactionContext, input)),
  );
}

async function create(context: TransactionContext, input: CreateClip): Promise<string> {
  const { transaction, actor, clock } = context;
  const { organizationId } = actor;
  await requireLiveProcessing(context);
  const replay = isIdentifier("asset", input.assetId) ? await holdReplay(transaction, organizationId, input.assetId) : null;
  if (!replay) throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no asset with this id.", path: ["input", "assetId"] });
  const at = clock.now();
  const refusal = refuseClip(replay, input, at);
  if (refusal) throw new Refusal(refusal);
  await refuseCrowd(context, replay);
  const id = newIdentifier("asset");
  const { sessionId, runId, playbackName, renditionName, encoderId } = replay;
  const asset = {
    ...({ id, organizationId, kind: "CLIP", status: "IN_PROGRESS", sessionId, runId, playbackName, renditionName, encoderId } as const),
    ...{ fileName: "clip.mp4", contentType: "video/mp4", name: input.name ?? null, createdAt: at },
    shareToken: randomToken(SHARE_TOKEN_LENGTH),
  };
  const { cueInSeconds, cueOutSeconds, frameAccurate } = input;
  await insertClip(transaction, asset, { replayId: replay.id, cueInSeconds, cueOutSeconds, isFrameAccurate: frameAccurate ?? true });
  const after = { sessionId, processId: null, kind: asset.kind, status: asset.status };
  await appendChanges(transaction, assetChanges([{ id, organizationId, before: null, after }], { at, actor: actor.name }));
  await recordAudit(context, { verb: Verb.CREATE, objectIds: [id, replay.id] });
  return id;
}

async function refuseCrowd({ transaction, actor }: TransactionContext, { encoderId }: HeldReplay): Promise<void> {
  const waiting = await countWaitingClips(transaction, { organizationId: actor.organizationId, encoderId });
  if (waiting < WAITING_CLIPS_LIMIT) return;
  const message = `${waiting} clips of this encoder are waited for already. Ask again when one of them is READY.`;
  throw new Refusal({ code: UserErrorCode.TOO_MANY_ITEMS, message, path: ["input"] });
}
