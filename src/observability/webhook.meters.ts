import { Counter, type Registry } from "prom-client";

/** What an attempt at a delivery comes to: it was taken, is attempted again, or is given up. */
const OUTCOMES = ["DELIVERED", "RETRYING", "FAILED"] as const;

/** Figures of what this process sends to webhooks. */
export interface WebhookMeters {
  /** An attempt has come to an outcome that was written. */
  readonly attempted: (outcome: string) => void;
}

export function createWebhookMeters(registry: Registry): WebhookMeters {
  const attempts = new Counter({
    name: "headend_webhook_attempts_total",
    help: "Attempts at deliveries to webhooks by outcome: DELIVERED, RETRYING, which is attempted again, or FAILED, which was given up.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of OUTCOMES) attempts.inc({ outcome }, 0);
  return { attempted: (outcome) => attempts.inc({ outcome }) };
}
