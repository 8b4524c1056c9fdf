import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { requireLiveProcessing } from "../processes/require-live-processing.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { DeleteAssets } from "./asset.input.ts";
import { assetChanges } from "./asset.state.ts";
import { lockAssets, markAssetsDeleted, type LockedAsset } from "./asset.store.ts";

/**
 * Deletes assets, all or none: they are neither listed nor served from then on, and whoever keeps their files deletes those within a
 * minute. Gives the ids.
 */
export async function deleteAssets(context: Context, { ids }: DeleteAssets): Promise<readonly string[]> {
  assertPermission(context.actor, "delete assets");
  return inTransaction(context, "delete assets", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    await requireLiveProcessing(transactionContext);
    const locked = await lockAssets(
      transaction,
      actor.organizationId,
      ids.filter((id) => isIdentifier("asset", id)),
    );
    const errors = ids.flatMap((id, index) => checkId(id, { index, ids, asset: locked.get(id) }));
    if (errors.length > 0) throw new Refusal(...errors);
    const at = clock.now();
    await markAssetsDeleted(transaction, ids, at);
    const steps = [...locked.values()].map(({ id, state }) => ({ id, organizationId: actor.organizationId, before: state, after: null }));
    await appendChanges(transaction, assetChanges(steps, { at, actor: actor.name }));
    await recordAudit(transactionContext, { verb: Verb.DELETE, objectIds: ids });
    return ids;
  });
}

interface CheckedId {
  readonly index: number;
  readonly ids: readonly string[];
  readonly asset: LockedAsset | undefined;
}

function checkId(id: string, { index, ids, asset }: CheckedId): readonly UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (!asset) return [{ code: UserErrorCode.NOT_FOUND, message: "There is no asset with this id.", path }];
  if (asset.state.status !== "IN_PROGRESS") return [];
  const message =
    asset.state.kind === "CLIP"
      ? "The clip is still being made. Wait until it is READY or FAILED."
      : "The asset is still being made. Stop its session, or wait until it is READY.";
  return [{ code: UserErrorCode.INVALID_STATE, message, path }];
}
