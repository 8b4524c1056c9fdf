import { Gauge, type Registry } from "prom-client";
import { AlertSeverity } from "../alerts/alert.rules.ts";
import { EncoderStatus } from "../encoder/encoder.rules.ts";
import { SessionStatus } from "../sessions/session.rules.ts";
import type { InstallationFigures } from "./installation.store.ts";

/** However often it is scraped, the database is asked this seldom. */
const READ_MILLISECONDS = 10_000;
/** A scrape waits no longer for the database; what comes later is in the next. */
const WAIT_MILLISECONDS = 1_000;
/** Older figures are not shown: what is not known is left out. */
const STALE_MILLISECONDS = 30_000;

export interface InstallationMetersOptions {
  readonly registry: Registry;
  readonly read: () => Promise<InstallationFigures>;
}

/**
 * Figures of the whole installation, the same from every gateway. Gives what each scrape has to await first: it reads when the last
 * figures are old, never fails, and never waits long.
 */
export function createInstallationMeters({ registry, read }: InstallationMetersOptions): () => Promise<void> {
  const gauges = createGauges(registry);
  let reading: Promise<void> | null = null;
  let askedAt = -Infinity;
  let readAt = -Infinity;

  async function refresh(): Promise<void> {
    askedAt = performance.now();
    try {
      gauges.show(await read());
      readAt = performance.now();
    } catch {
      // Whoever uses the database tells the log; here the gauge does.
      gauges.showAway();
    } finally {
      reading = null;
    }
  }

  return async () => {
    if (reading === null && performance.now() - askedAt >= READ_MILLISECONDS) reading = refresh();
    if (reading !== null) await settledWithin(reading, WAIT_MILLISECONDS);
    if (performance.now() - readAt > STALE_MILLISECONDS) gauges.forget();
  };
}

function createGauges(registry: Registry) {
  const registers = [registry];
  const up = new Gauge({
    name: "headend_database_up",
    help: "1 when the figures below could be read, 0 when the database did not answer.",
    registers,
  });
  const sessions = new Gauge({
    name: "headend_sessions",
    help: "Sessions of the installation by status.",
    labelNames: ["status"],
    registers,
  });
  const encoders = new Gauge({
    name: "headend_encoders",
    help: "Encoders (agents) by status: ONLINE, DRAINING, or LOST, which counts those that signed off as well.",
    labelNames: ["status", "simulated"],
    registers,
  });
  const alerts = new Gauge({ name: "headend_open_alerts", help: "Open alerts by severity.", labelNames: ["severity"], registers });
  const uploads = new Gauge({
    name: "headend_object_store_uploads",
    help: "Assets whose move to the object store was begun and has not come to its end: they stay with their encoders meanwhile.",
    registers,
  });
  const uploadAge = new Gauge({
    name: "headend_object_store_upload_age_seconds",
    help: "How long ago the oldest of them was begun; it grows while the object store is away.",
    registers,
  });
  const deliveries = new Gauge({
    name: "headend_webhook_deliveries_waiting",
    help: "Deliveries to enabled webhooks that were not taken yet, 500 of each at most: more waits in the change log.",
    registers,
  });
  const deliveryAge = new Gauge({
    name: "headend_webhook_delivery_age_seconds",
    help: "How long ago the oldest of them was made; it grows while a receiver takes nothing, or no gateway sends.",
    registers,
  });
  const horizonAge = new Gauge({
    name: "headend_change_log_horizon_age_seconds",
    help: "Age of the oldest writing transaction in the PostgreSQL cluster that has not ended: its changes cannot be read yet.",
    registers,
  });
  const horizon = new Gauge({
    name: "headend_change_log_horizon_transactions",
    help: "Transactions begun since then; the log is not swept beyond it.",
    registers,
  });

  return {
    show(figures: InstallationFigures): void {
      up.set(1);
      for (const status of Object.values(SessionStatus)) sessions.set({ status }, figures.sessions[status] ?? 0);
      for (const severity of Object.values(AlertSeverity)) alerts.set({ severity }, figures.alerts[severity] ?? 0);
      for (const status of Object.values(EncoderStatus)) {
        for (const isSimulated of [false, true]) {
          const found = figures.encoders.find((each) => each.status === status && each.isSimulated === isSimulated);
          encoders.set({ status, simulated: String(isSimulated) }, found?.count ?? 0);
        }
      }
      uploads.set(figures.uploads.count);
      uploadAge.set(Math.max(0, figures.uploads.oldestSeconds));
      deliveries.set(figures.deliveries.count);
      deliveryAge.set(Math.max(0, figures.deliveries.oldestSeconds));
      horizonAge.set(figures.horizonAgeSeconds);
      horizon.set(figures.horizonTransactions);
    },
    showAway: () => up.set(0),
    forget(): void {
      for (const gauge of [sessions, encoders, alerts]) gauge.reset();
      for (const gauge of [uploads, uploadAge, deliveries, deliveryAge, horizonAge, horizon]) gauge.remove();
    },
  };
}

async function settledWithin(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds).unref()));
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
