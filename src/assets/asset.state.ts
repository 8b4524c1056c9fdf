import { sql, type SQL } from "drizzle-orm";
import type { NewChange } from "../changes/append-changes.ts";
import type { AssetKind, AssetStatus } from "./asset.rules.ts";

/** The fields of an asset that filters look at; the change log keeps them as they were and as they are. */
export interface AssetState {
  /** Null once the session is deleted. */
  readonly sessionId: string | null;
  /** Null for what no process made, and once that is removed. */
  readonly processId: string | null;
  readonly kind: AssetKind;
  readonly status: AssetStatus;
}

/** The state of the asset `a` as JSON. */
export const assetStateJson: SQL = sql`jsonb_build_object(
  'sessionId', a.session_id, 'processId', a.process_id, 'kind', a.kind, 'status', a.status)`;

/** An asset before and after something was done to it. */
export interface AssetStep {
  readonly id: string;
  readonly organizationId: string;
  readonly before: AssetState | null;
  readonly after: AssetState | null;
}

/** What the change log is told of assets; the kind follows from what was there before and after. */
export function assetChanges(
  steps: readonly AssetStep[],
  { at, actor }: { readonly at: Date; readonly actor: string | null },
): readonly NewChange[] {
  return steps.map(({ id, organizationId, before, after }) => ({
    organizationId,
    object: "ASSET",
    objectId: id,
    kind: before === null ? "CREATED" : after === null ? "DELETED" : before.status === after.status ? "UPDATED" : "STATUS_CHANGED",
    at,
    actor,
    before,
    after,
  }));
}
