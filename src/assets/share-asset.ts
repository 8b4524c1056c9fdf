import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { requireLiveProcessing } from "../processes/require-live-processing.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { ShareAsset } from "./asset.input.ts";
import { canBeShared } from "./asset.rules.ts";
import { assetChanges } from "./asset.state.ts";
import { lockAssets, shareAssetRow, withdrawShare, type LockedAsset } from "./asset.store.ts";

/** Opens an asset to whoever has its share URL, or withdraws that. Gives its id. */
export async function shareAsset(context: Context, { id, isShared, expiresAt = null }: ShareAsset): Promise<string> {
  assertPermission(context.actor, "share assets");
  return inTransaction(context, "share asset", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    await requireLiveProcessing(transactionContext);
    const locked = await lockAssets(transaction, actor.organizationId, isIdentifier("asset", id) ? [id] : []);
    const asset = locked.get(id);
    if (!asset) throw refusal(UserErrorCode.NOT_FOUND, "There is no asset with this id.", "id");
    if (isShared) {
      refuseShare(asset, expiresAt, clock.now());
      await shareAssetRow(transaction, asset, expiresAt);
    } else {
      await withdrawShare(transaction, id);
    }
    const step = { id, organizationId: actor.organizationId, before: asset.state, after: asset.state };
    await appendChanges(transaction, assetChanges([step], { at: clock.now(), actor: actor.name }));
    await recordAudit(transactionContext, { verb: Verb.UPDATE, objectIds: [id] });
    return id;
  });
}

function refuseShare({ state }: LockedAsset, expiresAt: Date | null, now: Date): void {
  if (!canBeShared(state)) throw refusal(UserErrorCode.INVALID_STATE, `The asset is ${state.status}, and there is nothing to open.`, "id");
  if (expiresAt === null || expiresAt > now) return;
  throw refusal(UserErrorCode.INVALID_VALUE, "The share would have ended already.", "expiresAt");
}

function refusal(code: UserErrorCode, message: string, field: string): Refusal {
  return new Refusal({ code, message, path: ["input", field] });
}
