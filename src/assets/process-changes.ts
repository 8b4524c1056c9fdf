import { assertMayRead } from "../access/actor.ts";
import { PROCESS_CHANGE_KINDS } from "../changes/change.rules.ts";
import type { ItemSource } from "../changes/item-source.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import type { ObjectChange, ObjectSource } from "../changes/object-changes.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import { processLoader } from "../processes/process.loaders.ts";
import { readProcessStates } from "../processes/process.reads.ts";
import type { ProcessState } from "../processes/process.state.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { assetLoader } from "./asset.loaders.ts";
import type { AssetState } from "./asset.state.ts";
import type { ProcessChangeType } from "./process-change.type.ts";

export interface ProcessChangesRequest {
  /** Null: of all sessions. */
  readonly sessionId: string | null;
  /** A snapshot is of the processes. */
  readonly following: Following;
}

type ProcessChangeKind = (typeof PROCESS_CHANGE_KINDS)[number];
type State = ProcessState | AssetState;

/** What becomes of the caller's processes and assets as a stream without an end. Those of a batch are read with one statement each. */
export async function processChanges(
  context: RequestContext,
  { sessionId, following }: ProcessChangesRequest,
): Promise<ItemSource<ProcessChangeType>> {
  assertMayRead(context.actor, "read");
  const source: ObjectSource<State, ProcessChangeKind> = {
    objects: ["PROCESS", "ASSET"],
    kinds: PROCESS_CHANGE_KINDS,
    matches: (_id, state) => sessionId === null || state.sessionId === sessionId,
    readStates: readProcessStates,
  };
  return followObjects(context, { following, source, present: (batch) => present(context, batch) });
}

async function present(
  context: RequestContext,
  batch: readonly ObjectChange<State, ProcessChangeKind>[],
): Promise<readonly ProcessChangeType[]> {
  // Loaders of its own: what an earlier batch read may have changed since.
  const loaders = createLoaders(context);
  return Promise.all(
    batch.map(async ({ cursor, kind, at, objectId, state }): Promise<ProcessChangeType> => {
      const assetId = objectId !== null && isIdentifier("asset", objectId) ? objectId : null;
      const asset = assetId === null ? null : await loaders.of(assetLoader).load(assetId);
      const ownerId = state !== null && "processId" in state ? state.processId : null;
      const processId = assetId === null ? objectId : (asset?.processId ?? ownerId);
      const process = processId === null ? null : await loaders.of(processLoader).load(processId);
      return { cursor, kind, at, processId, process, assetId, asset };
    }),
  );
}
