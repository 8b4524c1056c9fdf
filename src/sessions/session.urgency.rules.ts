import type { Health, SessionStatus } from "./session.rules.ts";

/** What wants attention first. */
export const STATUS_URGENCY: readonly SessionStatus[] = ["FAILED", "STARTING", "WAITING", "STOPPING", "RUNNING", "STOPPED"];
export const HEALTH_URGENCY: readonly Health[] = ["ERROR", "WARNING", "OK"];
