import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createImportTurns, type ImportTurn, type ImportTurns } from "../../src/imports/import-turns.ts";

const OPTIONS = { total: 3, perOrganization: 2, openPerOrganization: 10, patienceMilliseconds: 60_000 };

/** Once everything that can has settled. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Asks for a turn of the organization that the name begins with, and tells when it came. */
function ask(turns: ImportTurns, name: string, begun: string[]): ImportTurn {
  const turn = turns.enter(name.slice(0, 1));
  void turn.begin(undefined).then(() => begun.push(name));
  return turn;
}

describe("turns of large imports", () => {
  it("go round the organizations: none waits for another's many", async () => {
    const turns = createImportTurns(OPTIONS);
    const begun: string[] = [];
    const names = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "c1"];
    const given = Object.fromEntries(names.map((name) => [name, ask(turns, name, begun)]));
    await settled();
    expect(begun).toEqual(["a1", "a2", "b1"]);
    for (const [ended, next] of [
      ["a1", "a3"],
      ["a2", "b2"],
      ["b1", "c1"],
      ["c1", "a4"],
      ["a3", "b3"],
    ]) {
      given[ended!]?.end();
      // Ended twice, it is over once.
      given[ended!]?.end();
      await settled();
      expect(begun.at(-1)).toBe(next);
    }
    expect(begun).toHaveLength(names.length);
  });

  it("end for whoever waits too long with a refusal that says when to come back, and are lost to nobody", async () => {
    const turns = createImportTurns({ ...OPTIONS, total: 1, patienceMilliseconds: 20 });
    const first = turns.enter("a");
    await first.begin(undefined);
    const late = turns.enter("b");
    await expect(late.begin(undefined)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 10 });
    late.end();
    first.end();
    for (const organization of ["b", "a"]) {
      const turn = turns.enter(organization);
      await turn.begin(undefined);
      turn.end();
    }
  });

  it("are left by whoever went away, before or while waiting", async () => {
    const turns = createImportTurns({ ...OPTIONS, total: 1 });
    const begun: string[] = [];
    const first = ask(turns, "a1", begun);
    const gone = new AbortController();
    const waits = turns.enter("a").begin(gone.signal);
    await expect(turns.enter("a").begin(AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    ask(turns, "a2", begun);
    gone.abort(new Error("gone"));
    await expect(waits).rejects.toThrow("gone");
    first.end();
    await settled();
    expect(begun).toEqual(["a1", "a2"]);
  });

  it("are not even waited for by an organization that has too many files open", async () => {
    const turns = createImportTurns({ ...OPTIONS, openPerOrganization: 2 });
    const [first] = [turns.enter("a"), turns.enter("a")];
    expect(() => turns.enter("a")).toThrow(/2 large files open/);
    turns.enter("b");
    first.end();
    turns.enter("a");
  });

  it("never are more than allowed, and all come in the end", async () => {
    const asks = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(asks, fc.infiniteStream(fc.nat(5)), async (organizations, lengths) => {
        const turns = createImportTurns({ ...OPTIONS, openPerOrganization: 30 });
        const running: string[] = [];
        await Promise.all(
          organizations.map(async (organization) => {
            const turn = turns.enter(organization);
            await turn.begin(undefined);
            running.push(organization);
            expect(running.length).toBeLessThanOrEqual(3);
            expect(running.filter((each) => each === organization).length).toBeLessThanOrEqual(2);
            for (let left = lengths.next().value ?? 0; left > 0; left -= 1) await settled();
            running.splice(running.indexOf(organization), 1);
            turn.end();
          }),
        );
        expect(running).toEqual([]);
      }),
    );
  });
});
