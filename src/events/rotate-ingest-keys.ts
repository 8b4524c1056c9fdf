import type { Context, TransactionContext } from "../access/context.ts";
import { SECRET_POSITION, SecretKind, SRT_KEY_POSITION } from "../sessions/secret.rules.ts";
import { replaceSecret, sealSecret } from "../sessions/secret.store.ts";
import { writeSecrets } from "../sessions/session.insert.ts";
import { listSourceSecrets } from "../sessions/session.reads.ts";
import { generateSecret } from "../sessions/session.prepare.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logEventChanges } from "./event.changes.ts";
import type { RotateIngestKeys } from "./event.input.ts";
import type { IngestRole } from "./event.rules.ts";
import { updateEventRow } from "./event.store.ts";
import { decideRotateKeys } from "./event.transitions.ts";
import { reopenIngest } from "./event-session.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const ROTATE = { permission: "rotate ingest keys of events", verb: Verb.ROTATE_SECRET, name: "rotate ingest keys" } as const;

/**
 * Puts generated stream keys and passphrases in the place of those of a language, before the event is live. Senders are cut off, and have
 * to come with the new ones, which keep their ids.
 */
export async function rotateIngestKeys(context: Context, { languageCode, role, ...target }: RotateIngestKeys): Promise<string> {
  return withEvent(context, ROTATE, target, async (transactionContext, event) => {
    refuseUnless(decideRotateKeys(event));
    const language = event.languages.find(({ code }) => code === languageCode);
    if (!language) {
      const message = "The event has no language of this code.";
      throw new Refusal({ code: UserErrorCode.NOT_FOUND, message, path: ["input", "languageCode"] });
    }
    const secretIds = await replaceKeys(transactionContext, language.sessionId, role ?? null);
    // Nobody holds a backup open that there is none of: the primary's sender need not be cut off.
    const isOpen = role !== "BACKUP" || language.isBackupEnabled;
    if (isOpen) await reopenIngest(transactionContext, [language.sessionId]);
    await updateEventRow(transactionContext.transaction, event.id, { updatedAt: transactionContext.clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: event }]);
    return [language.sessionId, ...secretIds];
  });
}

const KEY_KINDS: readonly SecretKind[] = [SecretKind.STREAM_KEY, SecretKind.SRT_PASSPHRASE];

/**
 * Of both signals when the role is null, whether or not there is a backup: its keys are there from the beginning. A signal without a key
 * for SRT gets that, since senders have to be set up anew anyway. Gives the ids of all.
 */
async function replaceKeys(
  { transaction, actor, vault, clock }: TransactionContext,
  sessionId: string,
  role: IngestRole | null,
): Promise<readonly string[]> {
  const paths = role === null ? (["A", "B"] as const) : ([role === "PRIMARY" ? "A" : "B"] as const);
  const wanted = paths.flatMap((path) => [SECRET_POSITION[path], SRT_KEY_POSITION[path]]);
  const secrets = await listSourceSecrets(transaction, actor.organizationId, [sessionId]);
  const replaced = secrets.filter(({ kind, position }) => KEY_KINDS.includes(kind) && wanted.some((place) => place === position));
  const generate = (kind: SecretKind, position: number) =>
    sealSecret(vault, { sessionId, playbackId: null, kind, position, plaintext: generateSecret(), isGenerated: true });
  for (const { id, kind, position } of replaced) {
    await replaceSecret(transaction, id, { sealed: generate(kind, position), at: clock.now() });
  }
  const lacking = paths.map((path) => SRT_KEY_POSITION[path]).filter((place) => !secrets.some(({ position }) => position === place));
  const added = lacking.map((position) => generate(SecretKind.STREAM_KEY, position));
  await writeSecrets(transaction, added);
  return [...replaced, ...added].map(({ id }) => id);
}
