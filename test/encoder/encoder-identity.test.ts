import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { nextOutput, startNode } from "../support/tied.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "headend-identity-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("claimEncoderIdentity", () => {
  it("gives each living agent an identity of its own, and one that was given back again", async () => {
    const identities = await Promise.all([1, 2, 3].map(() => claimEncoderIdentity(directory)));
    expect(new Set(identities.map(({ encoderId }) => encoderId)).size).toBe(3);
    expect(new Set(identities.map((identity) => identity.directory)).size).toBe(3);
    await identities[1]?.release();
    const again = await claimEncoderIdentity(directory);
    expect(again.encoderId).toBe(identities[1]?.encoderId);
    await Promise.all([...identities, again].map((identity) => identity.release()));
  });

  it("gives the identity of a process that is gone, and of a number that now is another process", async () => {
    const first = await claimEncoderIdentity(directory);
    await first.release();
    for (const mark of [`${process.pid} started at another time`, "999999999 long ago", "", "nonsense"]) {
      writeFileSync(join(first.directory, "encoder.lock"), mark);
      const again = await claimEncoderIdentity(directory);
      expect(again.encoderId).toBe(first.encoderId);
      await again.release();
    }
  });

  it("does not give what a living process has, and gives it once that was killed", async () => {
    const module = join(import.meta.dirname, "../../src/encoder/encoder-identity.ts");
    const script = `const { claimEncoderIdentity } = await import(${JSON.stringify(module)});
      console.log((await claimEncoderIdentity(${JSON.stringify(directory)})).encoderId); setInterval(() => {}, 1000);`;
    const child = startNode(["--import", "tsx", "--input-type=module", "-e", script]);
    const line = await nextOutput(child);
    const other = await claimEncoderIdentity(directory);
    expect(other.encoderId).not.toBe(line);
    child.kill("SIGKILL");
    await once(child, "exit");
    const taken = await claimEncoderIdentity(directory);
    expect(taken.encoderId).toBe(line);
    await Promise.all([other.release(), taken.release()]);
  });

  it("takes a new id when it is renewed, and keeps that", async () => {
    const first = await claimEncoderIdentity(directory);
    const renewed = await first.renew();
    expect(renewed.encoderId).not.toBe(first.encoderId);
    await renewed.release();
    expect((await claimEncoderIdentity(directory)).encoderId).toBe(renewed.encoderId);
  });
});
