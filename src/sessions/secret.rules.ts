/** What a stored secret is. URL kinds hold the whole URL of which other tables show the masked form. */
export const SecretKind = {
  STREAM_KEY: "STREAM_KEY",
  SRT_PASSPHRASE: "SRT_PASSPHRASE",
  INPUT_URL_A: "INPUT_URL_A",
  INPUT_URL_B: "INPUT_URL_B",
  OUTPUT_URL: "OUTPUT_URL",
} as const;
export type SecretKind = (typeof SecretKind)[keyof typeof SecretKind];

/** What stands for a secret wherever it may not be seen. */
export const SECRET_MASK = "••••••••";

/** Where the stream key and the passphrase of each path stand among a session's secrets: of all inputs but those of events, path A has them alone. */
export const SECRET_POSITION = { A: 0, B: 1 } as const;

/**
 * Where the stream keys for SRT stand among those of an event's session. Such a key is sent in clear, and only the passphrase keeps out
 * whoever listens on the way: were it that of RTMP too, which knows no passphrase, it would let such a one in.
 */
export const SRT_KEY_POSITION = { A: 2, B: 3 } as const;
