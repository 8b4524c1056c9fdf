import { describe, expect, it } from "vitest";
import { createVault } from "../../src/access/vault.ts";

const vault = createVault(Buffer.alloc(32, 7));
const sign = () => vault.sign("asset addresses", "asset_1 2");

describe("a signature", () => {
  it("is of its text, its purpose and its installation alone, and can stand in a path", () => {
    expect(sign()).toMatch(/^[\w-]{32}$/);
    expect(vault.isSigned("asset addresses", "asset_1 2", sign())).toBe(true);
    expect(vault.isSigned("asset addresses", "asset_1 3", sign())).toBe(false);
    expect(vault.isSigned("preview addresses", "asset_1 2", sign())).toBe(false);
    expect(createVault(Buffer.alloc(32, 8)).isSigned("asset addresses", "asset_1 2", sign())).toBe(false);
    expect(createVault(Buffer.alloc(32, 7)).isSigned("asset addresses", "asset_1 2", sign())).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["less of it", sign().slice(0, -1)],
    ["more of it", `${sign()}AAAA`],
    ["another spelling", sign().replace(/^./, "*$&")],
    ["padding", `${sign()}=`],
    ["blanks", ` ${sign()}`],
  ])("is not %s", (_name, signature) => {
    expect(vault.isSigned("asset addresses", "asset_1 2", signature)).toBe(false);
  });
});
