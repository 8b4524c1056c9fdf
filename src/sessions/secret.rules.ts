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
