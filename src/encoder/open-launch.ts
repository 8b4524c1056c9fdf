import type { Vault } from "../access/vault.ts";
import { SECRET_POSITION, SecretKind, SRT_KEY_POSITION } from "../sessions/secret.rules.ts";
import { openSecret } from "../sessions/secret.store.ts";
import { EVENT_INPUT_TYPES } from "../sessions/session.rules.ts";
import type { StoredLaunch, StoredOutput } from "./launch.store.ts";
import type { OutputLaunch, SessionLaunch } from "./runner.ts";

/** Decrypts what a session needs to run. Throws when a secret was sealed with another key or belongs elsewhere. */
export function openLaunch(vault: Vault, stored: StoredLaunch): SessionLaunch {
  const open = (kind: SecretKind, playbackId: string | null = null, position = 0): string | null => {
    const secret = stored.secrets.find(
      (candidate) => candidate.kind === kind && candidate.playbackId === playbackId && candidate.position === position,
    );
    if (secret === undefined) return null;
    return openSecret(vault, { ...secret, sessionId: stored.sessionId, ciphertext: Buffer.from(secret.ciphertext, "base64") });
  };
  return {
    organizationId: stored.organizationId,
    sessionId: stored.sessionId,
    epoch: stored.epoch,
    generation: stored.generation,
    runId: stored.runId,
    name: stored.name,
    labels: stored.labels,
    input: {
      type: stored.inputType,
      otherTypes: stored.controls.event ? EVENT_INPUT_TYPES.filter((type) => type !== stored.inputType) : [],
      urlA: open(SecretKind.INPUT_URL_A) ?? stored.urlA,
      urlB: open(SecretKind.INPUT_URL_B) ?? stored.urlB,
      failover:
        stored.recoveryIntervalSeconds === null
          ? null
          : { recoveryIntervalSeconds: stored.recoveryIntervalSeconds, errorThresholdPercent: stored.errorThresholdPercent },
      streamKey: open(SecretKind.STREAM_KEY),
      srtStreamKey: open(SecretKind.STREAM_KEY, null, SRT_KEY_POSITION.A),
      srtPassphrase: open(SecretKind.SRT_PASSPHRASE),
      backup: {
        streamKey: open(SecretKind.STREAM_KEY, null, SECRET_POSITION.B),
        srtStreamKey: open(SecretKind.STREAM_KEY, null, SRT_KEY_POSITION.B),
        srtPassphrase: open(SecretKind.SRT_PASSPHRASE, null, SECRET_POSITION.B),
      },
      hlsScte35PassthroughEnabled: stored.hlsScte35PassthroughEnabled,
      streamRemap: stored.streamRemap.toSorted((one, other) => one.priority - other.priority),
    },
    slate: stored.slate,
    controls: stored.controls,
    outputs: stored.outputs.map((output) => openOutput(output, open)),
    processes: stored.processes,
  };
}

function openOutput(output: StoredOutput, open: (kind: SecretKind, playbackId: string, position: number) => string | null): OutputLaunch {
  return { ...output, urls: output.urls.map((url, position) => open(SecretKind.OUTPUT_URL, output.playbackId, position) ?? url) };
}
