import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { auditRefusal } from "../access/record-audit.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { editSession } from "./edit-session.ts";
import { requireSecret, secretRecord } from "./require-secret.ts";
import { replaceSecret, sealSecret, type StoredSecretRow } from "./secret.store.ts";
import { srtPassphraseText, streamKeyText } from "./session.input.ts";
import { generateSecret } from "./session.prepare.ts";
import { Verb } from "./session.rules.ts";

export interface RotateSecretInput {
  readonly id: string;
  /** Null: one is generated, as for a new session. */
  readonly value?: string | null | undefined;
}

const VALUE_PATH = ["input", "value"];

/**
 * Puts another stream key or passphrase in the place of one, of a stopped session, and gives it out. That it was replaced, or
 * tried to be, is kept in the audit.
 */
export async function rotateSecret(context: Context, { id, value }: RotateSecretInput): Promise<string> {
  const record = await secretRecord(context, Verb.ROTATE_SECRET, id);
  return auditRefusal(context, record, async () => {
    assertPermission(context.actor, "rotate secrets");
    return inTransaction(context, "rotate secret", async (transactionContext) => {
      const secret = await requireSecret(transactionContext, id);
      if (value !== null && value !== undefined) refuseMalformed(secret, value);
      const plaintext = value ?? generateSecret();
      const edit = { id: secret.sessionId, idPath: ["input", "id"], needsStopped: true, verb: Verb.ROTATE_SECRET, objectIds: [secret.id] };
      await editSession(transactionContext, edit, (editContext) =>
        replace(editContext, secret, { plaintext, isGenerated: plaintext !== value }),
      );
      return plaintext;
    });
  });
}

function refuseMalformed({ kind }: StoredSecretRow, value: string): void {
  const result = (kind === "STREAM_KEY" ? streamKeyText : srtPassphraseText).safeParse(value);
  if (result.success) return;
  const errors = result.error.issues.map(({ message }) => ({ code: UserErrorCode.INVALID_VALUE, message, path: VALUE_PATH }));
  throw new Refusal(...errors);
}

async function replace(
  context: TransactionContext,
  secret: StoredSecretRow,
  { plaintext, isGenerated }: { readonly plaintext: string; readonly isGenerated: boolean },
): Promise<void> {
  // The session is locked by now: who rotates at the same time comes after us, and one that was removed meanwhile is gone.
  const { id } = await requireSecret(context, secret.id);
  const sealed = sealSecret(context.vault, { ...secret, plaintext, isGenerated });
  await replaceSecret(context.transaction, id, { sealed, at: context.clock.now() });
}
