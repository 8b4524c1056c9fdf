import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Executor } from "../database/database.ts";
import { packageVersion } from "../shared/package.ts";
import { createChangeLogMeters, type ChangeLogMeters } from "./change-log.meters.ts";
import { createDatabaseMeters, type DatabaseMeters } from "./database.meters.ts";
import { createHttpMeters, type HttpMeters } from "./http.meters.ts";
import { createInstallationMeters } from "./installation.meters.ts";
import { readInstallationFigures } from "./installation.store.ts";
import { createOperationMeters, type OperationMeters } from "./operation.meters.ts";
import { createWebhookMeters, type WebhookMeters } from "./webhook.meters.ts";

/**
 * The figures of one process, for Prometheus. What a feature counts stands in a `*.meters.ts` of its own that registers at `registry`;
 * labels are of closed lists, and never name an organization, an object or anything that a caller wrote.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly database: DatabaseMeters;
  readonly http: HttpMeters;
  readonly operations: OperationMeters;
  readonly changeLog: ChangeLogMeters;
  readonly webhooks: WebhookMeters;
  /** From now on the figures of the installation are read from the database, at most once in 10 s. */
  readonly showInstallation: (executor: Executor) => void;
  /** The text of a scrape; never fails because of the database. */
  readonly text: () => Promise<string>;
}

/** Made once in a process with `ofProcess`: processor time, memory, handles, garbage collection and the event loop. */
export function openMetrics({ ofProcess }: { readonly ofProcess: boolean }): Metrics {
  // prom-client: the de facto client of Prometheus for Node.js, 0.1 MB, whose only dependencies are OpenTelemetry's API and a digest.
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const build = new Gauge({ name: "headend_build_info", help: "1, with this release.", labelNames: ["version"], registers: [registry] });
  build.set({ version: packageVersion() }, 1);
  let refresh: () => Promise<void> = async () => undefined;

  return {
    registry,
    database: createDatabaseMeters(registry),
    http: createHttpMeters(registry),
    operations: createOperationMeters(registry),
    changeLog: createChangeLogMeters(registry),
    webhooks: createWebhookMeters(registry),
    showInstallation(executor) {
      refresh = createInstallationMeters({ registry, read: () => readInstallationFigures(executor) });
    },
    async text() {
      await refresh();
      // prom-client writes what it has no value for as `Nan`, which the format does not know: it is left out.
      return (await registry.metrics()).replace(/^[^#\n].* Nan\n/gm, "");
    },
  };
}
