import type { Permission } from "./level.rules.ts";

/** Most ids of one entry; what names more is kept as several. */
export const AUDITED_OBJECTS_LIMIT = 10_000;

/** Something that was asked for and has to be accounted for. */
export interface AuditRecord {
  /** One of the API's verbs. */
  readonly verb: string;
  /** What it was done to, or was to be done to. */
  readonly objectIds: readonly string[];
  /** SKIPPED and FAILED: it was refused, and nothing was done to these. */
  readonly outcome?: "ACCEPTED" | "SKIPPED" | "FAILED";
}

/**
 * What the audit calls an attempt at what a level does not include, unless the verb itself says it; null for what is only read, of
 * which nothing is kept.
 */
export const DENIED_VERBS: Readonly<Record<Permission, string | null>> = {
  read: null,
  "start sessions": "START",
  "stop sessions": "STOP",
  "restart sessions": "RESTART",
  "switch inputs": "SWITCH_INPUT",
  "show slates": "SHOW_SLATE",
  "hide slates": "HIDE_SLATE",
  "clear alerts": "CLEAR_ALERTS",
  "acknowledge alerts": "ACKNOWLEDGE_ALERTS",
  "create sessions": "CREATE",
  "update sessions": "UPDATE",
  "delete sessions": "DELETE",
  "import sessions": "IMPORT",
  "export secrets": "REVEAL_SECRET",
  "reveal secrets": "REVEAL_SECRET",
  "rotate secrets": "ROTATE_SECRET",
  "configure processes": "CONFIGURE",
  "create clips": "CREATE",
  "share assets": "UPDATE",
  "delete assets": "DELETE",
  "create templates": "CREATE",
  "update templates": "UPDATE",
  "delete templates": "DELETE",
  "list api keys": null,
  "create api keys": "CREATE",
  "revoke api keys": "DELETE",
  "list webhooks": null,
  "create webhooks": "CREATE",
  "update webhooks": "UPDATE",
  "delete webhooks": "DELETE",
  "reveal ingest keys of events": "REVEAL_SECRET",
  "rotate ingest keys of events": "ROTATE_SECRET",
  "see access codes of events": null,
  "edit events": "UPDATE",
  "test events": "START_TEST",
  "take events live": "GO_LIVE",
  "stop events": "STOP_EVENT",
  moderate: "MODERATE",
  "publish slides": "CONFIGURE",
  "schedule actions": "SCHEDULE",
  "cancel scheduled actions": "CANCEL",
  "read the audit": null,
};
