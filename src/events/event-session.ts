import type { TransactionContext } from "../access/context.ts";
import { required } from "../shared/assert.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import { NAME_LENGTH_LIMIT } from "../shared/name.ts";
import { insertSessions, writeSecrets } from "../sessions/session.insert.ts";
import type { SessionDraft } from "../sessions/session.draft.ts";
import { generateSecret } from "../sessions/session.prepare.ts";
import { sealSecret } from "../sessions/secret.store.ts";
import { SECRET_POSITION, SecretKind, SRT_KEY_POSITION } from "../sessions/secret.rules.ts";
import { logSessionChanges } from "../sessions/session.changes.ts";
import { EVENT_INPUT_TYPES, Verb } from "../sessions/session.rules.ts";
import { markRestarting, markStarting, markStopping, selectSessionStates } from "../sessions/session.store.ts";
import type { SessionState } from "../sessions/session.state.ts";
import type { EventLanguageDraft } from "./event.input.ts";
import type { eventLanguages } from "./event.table.ts";
import { attachSessions } from "./event-session.store.ts";

/** After a loss of the primary it stays on the backup for as long as that comes. */
const REMAIN_ON_BACKUP = { recoveryIntervalSeconds: -1, errorThresholdPercent: null } as const;
const NAME_TAIL_LENGTH = 6;

export interface LanguagesOfEvent {
  readonly eventId: string;
  readonly title: string;
  readonly languages: readonly EventLanguageDraft[];
  /** Languages that the event has already. */
  readonly positionFrom: number;
}

/**
 * Makes the session of each language, its keys for both roles among them, and gives the languages' rows. Their templates are locked
 * and known to be there.
 */
export async function makeLanguages(
  context: TransactionContext,
  { eventId, title, languages, positionFrom }: LanguagesOfEvent,
): Promise<readonly (typeof eventLanguages.$inferInsert)[]> {
  const drafts = languages.map((language) => toSessionDraft(context, title, language));
  const { sessions } = await insertSessions(context, drafts, Verb.CREATE);
  if (!sessions) throw new Error("A session of an event met a name that cannot have been there");
  const made = sessions.map(({ id }) => id);
  await writeSecrets(
    context.transaction,
    made.flatMap((sessionId) => sealedKeys(context, sessionId)),
  );
  await attachSessions(context.transaction, eventId, made);
  return languages.map(({ code, label }, index) => ({
    id: newIdentifier("eventlanguage"),
    eventId,
    code,
    label,
    position: positionFrom + index,
    sessionId: required(made[index], "session of a language"),
  }));
}

function toSessionDraft(context: TransactionContext, title: string, { code, templateId, backupEnabled }: EventLanguageDraft): SessionDraft {
  const tail = ` (${code}) ${randomToken(NAME_TAIL_LENGTH)}`;
  return {
    name: `${title.slice(0, NAME_LENGTH_LIMIT - tail.length)}${tail}`,
    description: null,
    region: context.defaultRegion,
    externalId: null,
    labels: [],
    source: {
      type: EVENT_INPUT_TYPES[0],
      urlA: null,
      urlB: null,
      failover: backupEnabled ? REMAIN_ON_BACKUP : null,
      customStreamKey: null,
      srtEncryptionEnabled: true,
      srtPassphrase: null,
      hlsScte35PassthroughEnabled: false,
    },
    slatesEnabled: false,
    streamRemap: [],
    playbacks: [
      {
        name: "Event",
        type: "HTTP",
        templateId,
        urls: [],
        hlsEnabled: true,
        dashEnabled: false,
        serviceProvider: null,
        programNumber: null,
        fileFormat: null,
        maxFileDurationSeconds: null,
      },
    ],
  };
}

/** The backup's own key and passphrase, and the keys for SRT; what else the primary has comes with the session. */
function sealedKeys({ vault }: TransactionContext, sessionId: string) {
  const { STREAM_KEY, SRT_PASSPHRASE } = SecretKind;
  const places = [
    { kind: STREAM_KEY, position: SECRET_POSITION.B },
    { kind: SRT_PASSPHRASE, position: SECRET_POSITION.B },
    { kind: STREAM_KEY, position: SRT_KEY_POSITION.A },
    { kind: STREAM_KEY, position: SRT_KEY_POSITION.B },
  ];
  return places.map((place) =>
    sealSecret(vault, { sessionId, playbackId: null, ...place, plaintext: generateSecret(), isGenerated: true }),
  );
}

/** Has an encoder open the ingest of sessions that nothing runs on. */
export async function startListening(context: TransactionContext, sessionIds: readonly string[]): Promise<void> {
  await changeStatus(context, sessionIds, () => markStarting(context.transaction, sessionIds, commandOf(context, Verb.START)));
}

/** Ends what encoders do for sessions. */
export async function stopListening(context: TransactionContext, sessionIds: readonly string[]): Promise<void> {
  await changeStatus(context, sessionIds, () => markStopping(context.transaction, sessionIds, commandOf(context, Verb.STOP)));
}

/** Has encoders open the ingest of sessions anew, with the paths that they have by now; senders have to connect again. */
export async function reopenIngest(context: TransactionContext, sessionIds: readonly string[]): Promise<void> {
  await changeStatus(context, sessionIds, () => markRestarting(context.transaction, sessionIds, commandOf(context, Verb.RESTART)));
}

async function changeStatus(context: TransactionContext, sessionIds: readonly string[], change: () => Promise<void>): Promise<void> {
  const before = await selectSessionStates(context.transaction, sessionIds);
  await change();
  const after = await selectSessionStates(context.transaction, sessionIds);
  const stateOf = (states: ReadonlyMap<string, SessionState>, id: string) => required(states.get(id), "state of a session of an event");
  await logSessionChanges(
    context,
    "STATUS_CHANGED",
    sessionIds.map((id) => ({ id, before: stateOf(before, id), after: stateOf(after, id) })),
  );
}

function commandOf({ actor, clock }: TransactionContext, verb: Verb) {
  return { verb, actor: actor.name, at: clock.now() };
}
