import { type Vault } from "./access/vault.ts";
import { type Bell } from "./changes/bell.ts";
import type { DatabaseAddress } from "./database/connection.ts";
import type { Database } from "./database/database.ts";
import type { Environment } from "./environment.ts";
import { type Metrics } from "./observability/metrics.ts";
import { type Clock } from "./shared/clock.ts";
import { type Logger } from "./shared/log.ts";
import { type Storage } from "./storage/storage.ts";

/** Everything that the parts share. */
export interface Installation {
  readonly environment: Environment;
  readonly log: Logger;
  readonly clock: Clock;
  readonly address: DatabaseAddress;
  readonly database: Database;
  readonly vault: Vault;
  readonly bell: Bell;
  readonly metrics: Metrics;
  /** Where whole assets are moved to; null where none is configured. */
  readonly objectStore: Storage | null;
}

/** What ends together, in the order of the end: who takes work, who reads and writes by themselves, and what all of them use. */
export const STAGES = ["takers", "workers", "databases", "server"] as const;

export type Closers = { readonly stage: (typeof STAGES)[number]; readonly close: () => Promise<void> }[];
