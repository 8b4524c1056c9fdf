import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createImportTurns } from "../../src/imports/import-turns.ts";

const OPTIONS = { total: 3, perOrganization: 2, patienceMilliseconds: 60_000 };

/** What has settled once everything that could has. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("turns of large imports", () => {
  it("are two of an organization and three in all, and others come before it however many of its own wait", async () => {
    const turns = createImportTurns(OPTIONS);
    const begun: string[] = [];
    const ends: Record<string, () => void> = {};
    const ask = (name: string) => {
      void turns.take(name.slice(0, 1)).then((end) => {
        begun.push(name);
        ends[name] = end;
      });
    };
    for (const name of ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]) ask(name);
    await settled();
    expect(begun).toEqual(["a1", "a2", "b1"]);
    ends["b1"]?.();
    await settled();
    expect(begun.slice(3)).toEqual(["b2"]);
    // Ended twice, it is over once.
    ends["a1"]?.();
    ends["a1"]?.();
    await settled();
    expect(begun.slice(4)).toEqual(["a3"]);
    ends["b2"]?.();
    await settled();
    expect(begun.slice(5)).toEqual(["c1"]);
    ends["a2"]?.();
    await settled();
    expect(begun.slice(6)).toEqual(["a4"]);
  });

  it("end for whoever waits too long with a refusal that says when to come back, and are lost to nobody", async () => {
    const turns = createImportTurns({ total: 1, perOrganization: 1, patienceMilliseconds: 20 });
    const end = await turns.take("a");
    await expect(turns.take("b")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 10 });
    end();
    (await turns.take("b"))();
    (await turns.take("a"))();
  });

  it("never are more than allowed, and all come in the end", async () => {
    const asks = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(asks, fc.infiniteStream(fc.nat(5)), async (organizations, lengths) => {
        const turns = createImportTurns(OPTIONS);
        const running: string[] = [];
        await Promise.all(
          organizations.map(async (organization) => {
            const end = await turns.take(organization);
            running.push(organization);
            expect(running.length).toBeLessThanOrEqual(3);
            expect(running.filter((each) => each === organization).length).toBeLessThanOrEqual(2);
            for (let left = lengths.next().value ?? 0; left > 0; left -= 1) await settled();
            running.splice(running.indexOf(organization), 1);
            end();
          }),
        );
        expect(running).toEqual([]);
      }),
    );
  });
});
