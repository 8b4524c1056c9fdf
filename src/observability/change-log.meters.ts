import { Gauge, Histogram, type Registry } from "prom-client";

const DELIVERY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Figures of this process's reader of the change log. */
export interface ChangeLogMeters {
  /** The log was read to its end; `oldestAt`: when the oldest of the changes found happened, null when there were none. */
  readonly read: (oldestAt: Date | null) => void;
}

export function createChangeLogMeters(registry: Registry): ChangeLogMeters {
  let lastReadAt: number | null = null;
  const registers = [registry];
  registry.registerMetric(
    new Gauge({
      name: "headend_change_log_read_age_seconds",
      help: "Since when this process has not read the change log to its end; a second or so in order, more while the database is away.",
      registers: [],
      collect() {
        if (lastReadAt !== null) this.set((performance.now() - lastReadAt) / 1_000);
      },
    }),
  );
  const delivery = new Histogram({
    name: "headend_change_log_delivery_seconds",
    help: "From a change to its reading by this process: of each read that found any, the oldest.",
    buckets: DELIVERY_BUCKETS,
    registers,
  });
  return {
    read(oldestAt) {
      lastReadAt = performance.now();
      if (oldestAt !== null) delivery.observe(Math.max(0, Date.now() - oldestAt.getTime()) / 1_000);
    },
  };
}
