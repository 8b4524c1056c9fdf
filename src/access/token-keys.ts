import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { readFile } from "node:fs/promises";
import type { Logger } from "../shared/log.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** Where an issuer's keys are found. */
export interface TokenKeySource {
  readonly issuer: string;
  /** An http, https or file URL; null: the issuer's OpenID configuration names it. */
  readonly keySetUrl: string | null;
}

/** How often the issuer is asked, in milliseconds. */
export interface TokenKeyTiming {
  /** Longest wait for an answer, of all requests that it takes together. */
  readonly deadline: number;
  /** In the background, so that no call waits for it. */
  readonly refresh: number;
  /** Keys that could not be refreshed for so long are no longer believed. */
  readonly keep: number;
  /** Least time after an answer before a token with an unknown key has the issuer asked again. */
  readonly cooldown: number;
  /** Least time after a failure before the issuer is asked again. */
  readonly pause: number;
}

export const TOKEN_KEY_TIMING: TokenKeyTiming = { deadline: 3_000, refresh: 600_000, keep: 86_400_000, cooldown: 10_000, pause: 2_000 };

export interface TokenKeys {
  /** The key that a token was signed with. Throws SERVICE_UNAVAILABLE where the issuer had to be asked and could not be. */
  readonly find: JWTVerifyGetKey;
  readonly close: () => void;
}

/** The issuer's keys, fetched now and then and kept: an issuer that is away ends nobody's access whose key is known. */
export function openTokenKeys(source: TokenKeySource, log: Logger, given: Partial<TokenKeyTiming> = {}): TokenKeys {
  const timing = { ...TOKEN_KEY_TIMING, ...given };
  const read = withPause(timing.pause, (options: RequestInit) => readKeySet(source, options));
  // It fetches with our own function, since keys may have to be looked for first, or be in a file.
  const keySet = createRemoteJWKSet(new URL(keySetPlace(source)), {
    timeoutDuration: timing.deadline,
    cooldownDuration: timing.cooldown,
    cacheMaxAge: timing.keep,
    [customFetch]: async (_url, options) => Response.json(await read(options)),
  });

  function unavailable(error: unknown): Fault {
    log.warn({ err: error, issuer: source.issuer }, "the keys of tokens cannot be read");
    return new Fault(FaultCode.SERVICE_UNAVAILABLE, "The keys that tokens are checked with cannot be read. Try again in a moment.", {
      cause: error,
    });
  }

  const refresh = () => void keySet.reload().catch(unavailable);
  refresh();
  const timer = setInterval(refresh, timing.refresh).unref();
  return {
    async find(header, token) {
      try {
        return await keySet(header, token);
      } catch (error) {
        if (isAboutToken(error)) throw error;
        throw unavailable(error);
      }
    },
    close: () => clearInterval(timer),
  };
}

/** The keys are there, and none of them, or not exactly one, is that of the token. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** Reads a key set from wherever it is; throws a sentence for a person. */
export async function readKeySet({ issuer, keySetUrl }: TokenKeySource, options: RequestInit): Promise<KeySet> {
  const place = keySetPlace({ issuer, keySetUrl });
  if (keySetUrl !== null) return asKeySet(await readJson(place, options), place);
  const configuration = (await readJson(place, options)) as { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null;
  // As OpenID Connect Discovery has it: one issuer must not be able to speak for another.
  if (configuration?.issuer !== issuer) throw new Error(`The configuration at ${place} is of another issuer.`);
  const found = configuration.jwks_uri;
  if (typeof found !== "string" || !/^https?:/.test(found)) throw new Error(`The configuration at ${place} names no key set.`);
  return asKeySet(await readJson(found, options), found);
}

interface KeySet {
  readonly keys: readonly unknown[];
}

function asKeySet(value: unknown, place: string): KeySet {
  if (typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys)) return { keys: value.keys };
  throw new Error(`There is no key set at ${place}.`);
}

async function readJson(url: string, options: RequestInit): Promise<unknown> {
  if (url.startsWith("file:")) return JSON.parse(await readFile(new URL(url), "utf8")) as unknown;
  const response = await fetch(url, options);
  if (response.status !== 200) throw new Error(`${url} was answered with status ${response.status}.`);
  return await response.json();
}

/** Where keys are looked for first: at their own address, or where OpenID Connect Discovery has an issuer's configuration. */
export function keySetPlace({ issuer, keySetUrl }: TokenKeySource): string {
  return keySetUrl ?? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Asks nobody for a while after a failure: without keys every call would else ask. */
function withPause<T>(milliseconds: number, read: (options: RequestInit) => Promise<T>): (options: RequestInit) => Promise<T> {
  let failure: { readonly at: number; readonly error: unknown } | null = null;
  return async (options) => {
    if (failure && performance.now() - failure.at < milliseconds) throw failure.error;
    try {
      const value = await read(options);
      failure = null;
      return value;
    } catch (error) {
      failure = { at: performance.now(), error };
      throw error;
    }
  };
}
