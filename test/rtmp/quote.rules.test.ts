import { expect, it } from "vitest";
import { createMasker } from "../../src/encoder/ffmpeg.mask.ts";
import { quoteReceiver } from "../../src/rtmp/quote.rules.ts";

const mask = createMasker(["evening-key"]);

it("quotes the same of a refusal that bears another id and time each time", () => {
  const say = (id: string, time: string): string =>
    quoteReceiver(`NetStream.Publish.BadName: request ${id} at ${time} was denied (code=403) for evening-key`, mask);
  const quoted = "NetStream.Publish.BadName: request … at … was denied (code=403) for ••••••••";
  expect(say("7f3a-91c0", "2026-01-01T10:00:00.123Z")).toBe(quoted);
  expect(say("184467", "10:00:07")).toBe(quoted);
});

it("reads no more of a long one than it needs, and shows no half of a secret", () => {
  const startedAt = performance.now();
  expect(quoteReceiver("a".repeat(65_000), mask)).toBe("");
  expect(quoteReceiver(`Denied. ${`${"b".repeat(50)} `.repeat(1_200)}`, mask)).toMatch(/^Denied\. [b ]{192}$/);
  expect(performance.now() - startedAt).toBeLessThan(500);
  // A word that is cut where reading ends would be shown, once a long URL before it is masked.
  const long = `http://x/?token=${"c".repeat(1_970)} evening-key`;
  expect(quoteReceiver(`${long} and more`, mask)).not.toContain("eve");
});
