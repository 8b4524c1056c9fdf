import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apiKeyHash, apiKeyPrefix, isApiKey, newApiKey } from "../../src/access/api-key.rules.ts";

const KNOWN_KEY = newApiKey();

describe("API keys", () => {
  it("have the mark, 40 letters or digits, and never come twice", () => {
    const keys = Array.from({ length: 500 }, newApiKey);
    expect(new Set(keys).size).toBe(500);
    for (const key of keys) {
      expect(key).toMatch(/^hek_[0-9A-Za-z]{40}$/);
      expect(isApiKey(key)).toBe(true);
    }
  });

  it("end with the CRC-32 of what stands before, in base 62", () => {
    // Computed with zlib's crc32.
    expect(isApiKey(`hek_${"0".repeat(34)}0iqUEf`)).toBe(true);
  });

  it("do not survive a changed, missing or added character", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 43 }), fc.constantFrom(..."09AZaz"), (at, letter) => {
        fc.pre(KNOWN_KEY[at] !== letter);
        expect(isApiKey(`${KNOWN_KEY.slice(0, at)}${letter}${KNOWN_KEY.slice(at + 1)}`)).toBe(false);
      }),
    );
    for (const wrong of [
      "",
      "hek_",
      KNOWN_KEY.slice(0, -1),
      `${KNOWN_KEY}0`,
      `${KNOWN_KEY}\n`,
      ` ${KNOWN_KEY}`,
      KNOWN_KEY.replace("hek_", "HEK_"),
    ]) {
      expect(isApiKey(wrong)).toBe(false);
    }
  });

  it("show a prefix that tells little, and are stored as SHA-256 in hex", () => {
    expect(apiKeyPrefix(KNOWN_KEY)).toBe(KNOWN_KEY.slice(0, 10));
    expect(apiKeyHash("hek_abc")).toBe("4ac71220a7668a4ff29c4f74359e88e55e727eeca5dc39f5c1498f5f17a6d1e1");
  });
});
