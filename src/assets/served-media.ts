import type { LogStep } from "../changes/change.store.ts";
import type { Executor } from "../database/database.ts";
import { createLookupCache, type LookupCache } from "../origin/lookup-cache.ts";
import {
  findServedAsset,
  findServedShare,
  findServedStill,
  type ServedAsset,
  type ServedShare,
  type ServedStill,
} from "./served-media.store.ts";

/** What lives behind the addresses of assets, shares and stills, in memory. */
export interface ServedMedia {
  readonly assets: LookupCache<ServedAsset>;
  readonly shares: LookupCache<ServedShare>;
  readonly stills: LookupCache<ServedStill>;
  /** The change log went on: what changed is forgotten. */
  readonly follow: (step: Pick<LogStep, "rows" | "isCut">) => void;
}

export function createServedMedia(executor: Executor): ServedMedia {
  const assets = createLookupCache({ read: (id) => findServedAsset(executor, id), objectsOf: ({ id }) => [id] });
  const shares = createLookupCache({ read: (token) => findServedShare(executor, token), objectsOf: ({ assetId }) => [assetId] });
  const stills = createLookupCache({ read: (token) => findServedStill(executor, token), objectsOf: ({ processId }) => [processId] });
  const all = [assets, shares, stills];
  return {
    ...{ assets, shares, stills },
    follow({ rows, isCut }) {
      if (isCut) all.forEach((cache) => cache.forgetAll());
      for (const { object, objectId } of rows) {
        if (object === "ASSET" || object === "PROCESS") all.forEach((cache) => cache.forget(objectId));
      }
    },
  };
}
