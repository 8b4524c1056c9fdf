import { pino, type DestinationStream, type Logger } from "pino";

export type { Logger };

/** Keys whose values never reach a log line, wherever in the line they stand. */
const SECRET_KEYS = ["authorization", "cookie", "key", "passphrase", "streamKey", "srtPassphrase", "secret", "password", "token"];

export interface LogOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/** Structured log lines, one JSON object each, with the values of secret keys left out. */
export function createLog({ level, destination }: LogOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[secret]" },
  };
  return destination ? pino(options, destination) : pino(options);
}
