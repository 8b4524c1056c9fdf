import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { judgeAddresses, listOwnAddresses, resolveAllowed, resolveAllowedUrl } from "../../src/network/resolve.ts";

describe("resolving before connecting", () => {
  it("gives the addresses that may be reached", async () => {
    expect(await resolveAllowed("8.8.8.8", { allowedNetworks: [] })).toEqual({ kind: "ALLOWED", addresses: ["8.8.8.8"] });
    expect(await resolveAllowed("239.1.1.1", { allowedNetworks: [] })).toEqual({ kind: "ALLOWED", addresses: ["239.1.1.1"] });
    const local = await resolveAllowed("localhost", { allowedNetworks: ["127.0.0.0/8", "::1/128"] });
    expect(local.kind).toBe("ALLOWED");
    expect(await resolveAllowedUrl("http://[2606:4700::1111]/x", { allowedNetworks: [] })).toMatchObject({
      addresses: ["2606:4700::1111"],
    });
  });

  it.each(["127.0.0.1", "0x7f000001", "[::1]", "localhost", "169.254.169.254", "224.0.0.1", "", "a b"])("refuses %j", async (host) => {
    expect(await resolveAllowed(host, { allowedNetworks: [] })).toMatchObject({ kind: "REFUSED" });
  });

  it("refuses a name by what it leads to, without telling the address", async () => {
    const answer = await resolveAllowed(hostname(), { allowedNetworks: [] });
    expect(answer.kind).not.toBe("ALLOWED");
    if (answer.kind === "REFUSED") for (const address of listOwnAddresses()) expect(answer.problem.message).not.toContain(address);
  });

  it("tells an unknown name from a refused one", async () => {
    expect(await resolveAllowed("no-such-host.invalid", { allowedNetworks: [] })).toMatchObject({ kind: "UNRESOLVED" });
  });

  it("looks at every address of a name, and keeps the first few", () => {
    const many = Array.from({ length: 300 }, (_, index) => `8.8.${Math.floor(index / 200)}.${(index % 200) + 1}`);
    const policy = { allowedNetworks: [] };
    expect(judgeAddresses("many.example", many, policy)).toEqual({ kind: "ALLOWED", addresses: many.slice(0, 8) });
    expect(judgeAddresses("many.example", [...many, "10.0.0.1"], policy)).toMatchObject({ kind: "REFUSED" });
    expect(judgeAddresses("none.example", [], policy)).toMatchObject({ kind: "UNRESOLVED" });
  });
});
