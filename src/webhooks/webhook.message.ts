import { changeKindName, LOG_LAGGED } from "../changes/change.rules.ts";
import type { LoggedChange } from "../changes/change.store.ts";
import type { ToldChange } from "../changes/read-changes.ts";

/** Fields of objects that say what they are, in whatever object they are. */
const SHOWN_FIELDS = ["name", "title", "externalId", "streamId", "sessionId", "eventId", "kind", "code", "severity"] as const;
/** Fields that are told as they are and as they were. */
const COMPARED_FIELDS = ["status", "health"] as const;

type State = Readonly<Record<string, unknown>> | null;

/** What is sent of a change, or of a gap where changes are not kept any more: small, since whoever wants more asks for the object. */
export function webhookMessage(
  change: LoggedChange | null,
  { cursor, organizationId, now }: { readonly cursor: string; readonly organizationId: string; readonly now: Date },
): string {
  if (change === null) {
    const data = { objectId: organizationId, actor: null, sequence: null, cursor };
    return JSON.stringify({ type: LOG_LAGGED, timestamp: now.toISOString(), data });
  }
  const { object, kind, objectId, actor, id } = change;
  const [before, after] = [change.before as State, change.after as State];
  const known: NonNullable<State> = { ...before, ...after };
  const shown = SHOWN_FIELDS.flatMap((field) => (field in known ? [[field, known[field]]] : []));
  const compared = COMPARED_FIELDS.flatMap((field) =>
    field in known
      ? [
          [field, after?.[field] ?? null],
          [`${field}Before`, before?.[field] ?? null],
        ]
      : [],
  );
  const session = known["session"] as State | undefined;
  const sessionName = session ? [["sessionName", session["name"]]] : [];
  const data = { objectId, ...Object.fromEntries([...shown, ...sessionName, ...compared]), actor, sequence: id, cursor };
  return JSON.stringify({ type: changeKindName(object, kind), timestamp: change.at.toISOString(), data });
}

interface Message {
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly objectId: string; readonly actor: string | null; readonly cursor: string };
}

/** The change that a message tells; the log itself may not have it any more. */
export function changeOfMessage(body: string): ToldChange {
  const { type, timestamp, data } = JSON.parse(body) as Message;
  return { kind: type, at: new Date(timestamp), objectId: data.objectId, actor: data.actor, cursor: data.cursor };
}
