// jose: signatures and claims of tokens by the standards, without dependencies of its own.
import { errors, jwtVerify } from "jose";
import type { Logger } from "../shared/log.ts";
import { Fault } from "../shared/user-error.ts";
import { openTokenKeys, type TokenKeySource, type TokenKeyTiming } from "./token-keys.ts";
import { readTokenClaims, type TokenClaimNames, type TokenIdentity } from "./token.rules.ts";

/** How far the issuer's clock may be ahead of ours. An end has no tolerance: what a token opened ends then as well. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenSettings extends TokenKeySource, TokenClaimNames {
  readonly audience: string;
  readonly algorithms: readonly string[];
}

export interface TokenVerifier {
  /** For whom a token speaks; null for one that is not good, whatever the reason. Throws SERVICE_UNAVAILABLE. */
  readonly verify: (token: string, now: Date) => Promise<TokenIdentity | null>;
  readonly close: () => void;
}

/** Verifies tokens of one issuer. It fetches the issuer's keys at once, and a start does not wait for them. */
export function createTokenVerifier(settings: TokenSettings, log: Logger, timing: Partial<TokenKeyTiming> = {}): TokenVerifier {
  const { issuer, audience, algorithms } = settings;
  const keys = openTokenKeys(settings, log, timing);
  return {
    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, keys.find, {
          ...{ issuer, audience, algorithms: [...algorithms], clockTolerance: CLOCK_TOLERANCE_SECONDS, currentDate: now },
          requiredClaims: ["exp", "sub"],
        });
        const identity = readTokenClaims(payload, settings);
        if (!identity) log.info({ issuer }, "a token was refused: it names no organization or no level");
        return identity && identity.expiresAt > now ? identity : null;
      } catch (error) {
        if (error instanceof Fault) throw error;
        if (error instanceof errors.JOSEError) log.debug({ issuer, reason: error.code }, "a token was refused");
        else log.warn({ err: error, issuer }, "a token could not be verified");
        return null;
      }
    },
    close: keys.close,
  };
}
