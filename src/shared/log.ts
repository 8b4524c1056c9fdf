import { pino, type DestinationStream, type Logger as Pino } from "pino";

/** What writes log lines. */
export type Logger = Pick<Pino, "debug" | "info" | "warn" | "error" | "child">;

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

/**
 * The same with what every line says beside. Made with the first line: few requests log anything, and to look for secrets in what
 * a logger is given was a sixth of all that a request allocated.
 */
export class BoundLog implements Logger {
  readonly #base: Logger;
  readonly #bindings: Readonly<Record<string, unknown>>;
  #made: Logger | null = null;

  constructor(base: Logger, bindings: Readonly<Record<string, unknown>>) {
    this.#base = base;
    this.#bindings = bindings;
  }

  get debug(): Logger["debug"] {
    return this.#log.debug.bind(this.#log);
  }

  get info(): Logger["info"] {
    return this.#log.info.bind(this.#log);
  }

  get warn(): Logger["warn"] {
    return this.#log.warn.bind(this.#log);
  }

  get error(): Logger["error"] {
    return this.#log.error.bind(this.#log);
  }

  get child(): Logger["child"] {
    return this.#log.child.bind(this.#log);
  }

  get #log(): Logger {
    this.#made ??= this.#base.child(this.#bindings);
    return this.#made;
  }
}
