/** What a caller may do, each level including the ones before it. */
export const AccessLevel = { VIEWER: "VIEWER", OPERATOR: "OPERATOR", EDITOR: "EDITOR", ADMIN: "ADMIN" } as const;
export type AccessLevel = (typeof AccessLevel)[keyof typeof AccessLevel];

const RANK: Readonly<Record<AccessLevel, number>> = { VIEWER: 0, OPERATOR: 1, EDITOR: 2, ADMIN: 3 };

/** Everything that wants a right, with the least level that has it. Whoever adds a verb adds its line here. */
export const PERMISSIONS = {
  read: "VIEWER",
  "start sessions": "OPERATOR",
  "stop sessions": "OPERATOR",
  "restart sessions": "OPERATOR",
  "switch inputs": "OPERATOR",
  "show slates": "OPERATOR",
  "hide slates": "OPERATOR",
  "clear alerts": "OPERATOR",
  "acknowledge alerts": "OPERATOR",
  "create sessions": "EDITOR",
  "update sessions": "EDITOR",
  "delete sessions": "EDITOR",
  "import sessions": "EDITOR",
  "export secrets": "EDITOR",
  "reveal ingest keys of events": "OPERATOR",
  "rotate ingest keys of events": "OPERATOR",
  "reveal secrets": "EDITOR",
  "rotate secrets": "EDITOR",
  "configure processes": "EDITOR",
  "create clips": "EDITOR",
  "share assets": "EDITOR",
  "delete assets": "EDITOR",
  "create templates": "EDITOR",
  "update templates": "EDITOR",
  "delete templates": "EDITOR",
  "edit events": "EDITOR",
  "see access codes of events": "OPERATOR",
  "test events": "OPERATOR",
  "take events live": "OPERATOR",
  "stop events": "OPERATOR",
  moderate: "OPERATOR",
  "publish slides": "OPERATOR",
  "schedule actions": "OPERATOR",
  "cancel scheduled actions": "OPERATOR",
  "list api keys": "ADMIN",
  "create api keys": "ADMIN",
  "revoke api keys": "ADMIN",
  "list webhooks": "ADMIN",
  "create webhooks": "ADMIN",
  "update webhooks": "ADMIN",
  "delete webhooks": "ADMIN",
  "read the audit": "ADMIN",
} as const satisfies Readonly<Record<string, AccessLevel>>;

export type Permission = keyof typeof PERMISSIONS;

/** Root fields, by the kind of operation. */
type OpenFields = Readonly<Record<"query" | "mutation" | "subscription", readonly string[]>>;

/** All that an attendee of an event may ask for; anything that is not named is closed. */
export const OPEN_TO_ATTENDEES: OpenFields = {
  query: ["publicEvent", "rateLimit"],
  mutation: ["joinEvent", "askQuestion", "upvoteQuestion", "sendChatMessage"],
  subscription: ["questionChanges", "chatMessageChanges", "publishedSlide"],
};

/** All that may be asked for without any credential. */
export const OPEN_TO_ANYBODY: OpenFields = { query: [], mutation: ["joinEvent"], subscription: [] };

/** Without a level nothing is permitted: an attendee has none. */
export function isPermitted(level: AccessLevel | null, permission: Permission): boolean {
  return level !== null && RANK[level] >= RANK[PERMISSIONS[permission]];
}

/** Null for an empty list. */
export function highestLevel(levels: readonly AccessLevel[]): AccessLevel | null {
  return levels.toSorted((left, right) => RANK[right] - RANK[left])[0] ?? null;
}
