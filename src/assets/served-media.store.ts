import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { ProcessKind } from "../processes/process.rules.ts";
import type { AssetNames } from "./asset-path.rules.ts";
import type { AssetKind, AssetLocation, AssetStatus } from "./asset.rules.ts";

/** Where something is kept: an encoder by its id, and the HTTP base address at which that is reached; null when it cannot be. */
export interface MediaPlace {
  readonly encoderId: string;
  readonly mediaAddress: string | null;
}

/** What is needed to serve an asset. */
export interface ServedAsset extends MediaPlace, AssetNames {
  readonly id: string;
  readonly kind: AssetKind;
  readonly status: AssetStatus;
  readonly location: AssetLocation;
  readonly fileName: string;
}

/** An asset that is not deleted, by its id. */
export async function findServedAsset(executor: Executor, id: string): Promise<ServedAsset | null> {
  const [row] = await executor.execute<{ asset: ServedAsset }>(sql`
    select jsonb_build_object(
      'id', a.id, 'kind', a.kind, 'status', a.status, 'location', a.location, 'fileName', a.file_name, 'encoderId', a.encoder_id,
      'mediaAddress', (select e.media_address from encoders e where e.id = a.encoder_id and e.status <> 'LOST'),
      'name', a.name, 'sessionName', r.session_name, 'renditionName', a.rendition_name, 'sessionDate', r.started_at) as asset
    from assets a join runs r on r.id = a.run_id
    where a.id = ${id} and a.deleted_at is null`);
  return row?.asset ?? null;
}

/** A share that has not been withdrawn. */
export interface ServedShare {
  readonly assetId: string;
  /** ISO text; null when it does not end by itself. */
  readonly expiresAt: string | null;
}

export async function findServedShare(executor: Executor, token: string): Promise<ServedShare | null> {
  const [row] = await executor.execute<{ share: ServedShare }>(sql`
    select jsonb_build_object('assetId', a.id, 'expiresAt', a.share_expires_at) as share
    from assets a where a.share_token = ${token} and a.deleted_at is null`);
  return row?.share ?? null;
}

/** The latest content of a thumbnail or motion clip. */
export interface ServedStill extends MediaPlace {
  readonly processId: string;
  readonly kind: ProcessKind;
  /** Where its encoder keeps it. */
  readonly directoryToken: string;
}

/** By the token of its address; null also while there is no content. */
export async function findServedStill(executor: Executor, pathToken: string): Promise<ServedStill | null> {
  const [row] = await executor.execute<{ still: ServedStill }>(sql`
    select jsonb_build_object(
      'processId', c.id, 'kind', c.kind, 'directoryToken', c.directory_token, 'encoderId', c.content_encoder_id,
      'mediaAddress', (select e.media_address from encoders e where e.id = c.content_encoder_id and e.status <> 'LOST')) as still
    from processes c where c.path_token = ${pathToken} and not c.is_removed and c.content_encoder_id is not null`);
  return row?.still ?? null;
}
