import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callerAddress } from "../../src/network/caller-address.rules.ts";

const PROXIES = ["10.0.0.0/8", "fd00::/8"];

describe("where a call comes from", () => {
  it.each([
    ["is what connects", "203.0.113.7", undefined, PROXIES, "203.0.113.7"],
    ["is what connects, whatever it says", "203.0.113.7", "198.51.100.1", PROXIES, "203.0.113.7"],
    ["is what connects where no proxy is trusted", "10.0.0.1", "198.51.100.1", [], "10.0.0.1"],
    ["is what a trusted proxy was called by", "10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"],
    ["is the last that is not trusted itself", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", PROXIES, "198.51.100.1"],
    ["is the first of all where all are trusted", "10.0.0.1", "10.0.0.3, 10.0.0.2", PROXIES, "10.0.0.3"],
    ["is told as IPv4 where it is", "::ffff:203.0.113.7", undefined, PROXIES, "203.0.113.7"],
    ["is trusted as IPv4 where it is", "::ffff:10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"],
    ["is told without its port", "fd00::1", "[2001:db8::5]:4711", PROXIES, "2001:db8::5"],
    ["is told without its port, in IPv4", "10.0.0.1", "198.51.100.1:4711", PROXIES, "198.51.100.1"],
    ["is the proxy where it says nothing that can be read", "10.0.0.1", "unknown", PROXIES, "10.0.0.1"],
    ["is nothing for a socket that has gone", undefined, "198.51.100.1", PROXIES, null],
  ] as const)("%s", (_name, connected, forwarded, trusted, expected) => {
    expect(callerAddress(connected, forwarded, trusted)).toBe(expected);
  });

  it("is never what a stranger writes into the header", () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (header, written) => {
        expect(callerAddress("203.0.113.7", `${written}, ${header}`, PROXIES)).toBe("203.0.113.7");
        expect(callerAddress("10.0.0.1", `${written},${header.replaceAll(/[\d.:]/g, "")}x, 198.51.100.1`, PROXIES)).toBe("198.51.100.1");
      }),
    );
  });
});
