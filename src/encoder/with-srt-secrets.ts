import type { Vault } from "../access/vault.ts";
import type { Transaction } from "../database/database.ts";
import { SECRET_POSITION, SecretKind, SRT_KEY_POSITION } from "../sessions/secret.rules.ts";
import { openSecret, sealSecret } from "../sessions/secret.store.ts";
import { writeSecrets } from "../sessions/session.insert.ts";
import { generateSecret } from "../sessions/session.prepare.ts";
import { markEncrypted, type StoredLaunch, type StoredSecret } from "./launch.store.ts";

/**
 * Gives launches with the SRT keys and passphrases of events' languages that have none, since they were made when each took RTMP alone. They come
 * to be here, before anybody listens for SRT: only who has the key can make them, and no session runs that lacks what is shown of it.
 * The sessions are locked.
 */
export async function withSrtSecrets(
  { transaction, vault }: { readonly transaction: Transaction; readonly vault: Vault },
  launches: readonly StoredLaunch[],
): Promise<readonly StoredLaunch[]> {
  const made = new Map(
    launches.flatMap((launch) => {
      const rows = isKeyOf(vault, launch) ? missingSecrets(vault, launch) : [];
      return rows.length > 0 ? [[launch.sessionId, rows] as const] : [];
    }),
  );
  if (made.size === 0) return launches;
  await writeSecrets(transaction, [...made.values()].flat());
  await markEncrypted(transaction, [...made.keys()]);
  return launches.map((launch) => ({
    ...launch,
    secrets: [
      ...launch.secrets,
      ...(made.get(launch.sessionId) ?? []).map(({ kind, position, ciphertext }): StoredSecret => ({
        playbackId: null,
        kind,
        position,
        ciphertext,
      })),
    ],
  }));
}

/** What has a passphrase and no stream key for SRT was made for SRT: its senders come with the key that it has. */
function missingSecrets(vault: Vault, { sessionId, controls, secrets }: StoredLaunch) {
  if (!controls.event) return [];
  const { STREAM_KEY, SRT_PASSPHRASE } = SecretKind;
  const isThere = (kind: SecretKind, position: number): boolean =>
    secrets.some((secret) => secret.kind === kind && secret.position === position);
  const missing = (["A", "B"] as const)
    .filter((path) => !isThere(SRT_PASSPHRASE, SECRET_POSITION[path]))
    .flatMap((path) => [
      { kind: SRT_PASSPHRASE, position: SECRET_POSITION[path] },
      { kind: STREAM_KEY, position: SRT_KEY_POSITION[path] },
    ])
    .filter(({ kind, position }) => !isThere(kind, position));
  return missing.map((place) =>
    sealSecret(vault, { sessionId, playbackId: null, ...place, plaintext: generateSecret(), isGenerated: true }),
  );
}

/** An encoder with another key than the gateways' would make what they cannot open. */
function isKeyOf(vault: Vault, { sessionId, secrets }: StoredLaunch): boolean {
  try {
    for (const secret of secrets) openSecret(vault, { ...secret, sessionId, ciphertext: Buffer.from(secret.ciphertext, "base64") });
    return true;
  } catch {
    return false;
  }
}
