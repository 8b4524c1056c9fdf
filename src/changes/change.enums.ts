import { registerEnumType } from "type-graphql";

/** Kinds of item of a subscription to changes: of the stream itself, and of what was changed. */
export const ChangeKind = {
  SNAPSHOT: "SNAPSHOT",
  SNAPSHOT_END: "SNAPSHOT_END",
  HEARTBEAT: "HEARTBEAT",
  CREATED: "CREATED",
  UPDATED: "UPDATED",
  STATUS_CHANGED: "STATUS_CHANGED",
  ALERTS_CHANGED: "ALERTS_CHANGED",
  DELETED: "DELETED",
  LAGGED: "LAGGED",
} as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

registerEnumType(ChangeKind, {
  name: "ChangeKind",
  description: "What an item of a subscription tells.",
  valuesConfig: {
    SNAPSHOT: { description: "An object as it is, before anything live; one for every match, when a snapshot was asked for." },
    SNAPSHOT_END: { description: "The snapshot is whole. What follows came after it, with nothing lost or doubled in between." },
    HEARTBEAT: { description: "Nothing happened for the interval that was asked for; carries a fresh cursor." },
    CREATED: { description: "The object is new." },
    UPDATED: { description: "The object was edited." },
    STATUS_CHANGED: { description: "Its status, health or their reason changed." },
    ALERTS_CHANGED: { description: "An alert of it was raised, repeated, acknowledged or ended." },
    DELETED: { description: "The object is gone." },
    LAGGED: { description: "Changes are missing before this item: the cursor was older than what is kept. Read anew what you show." },
  },
});
