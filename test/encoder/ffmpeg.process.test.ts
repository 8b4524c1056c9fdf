import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMasker } from "../../src/encoder/ffmpeg.mask.ts";
import { spawnFfmpeg } from "../../src/encoder/ffmpeg.process.ts";
import { openProcessRecords, processStartTime, reapLeftovers } from "../../src/encoder/process-record.ts";
import { eventually, isAlive, mediaCapabilities } from "../support/media.ts";

const directory = mkdtempSync(join(tmpdir(), "headend-process-"));
const records = openProcessRecords(join(directory, "own"));
let setprivPath: string | null = null;
let ffmpegPath = "";
beforeAll(async () => {
  const capabilities = await mediaCapabilities();
  setprivPath = capabilities.setprivPath;
  ffmpegPath = capabilities.ffmpegPath ?? "";
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs until its input ends, or for ever when it reads none. */
const COPY = ["-hide_banner", "-v", "error", "-f", "data", "-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "data", "pipe:1"];
const ENDLESS = ["-hide_banner", "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "sine", "-f", "null", "-"];

const ties = [
  ["setpriv", () => setprivPath],
  ["the shell watchdog", () => null],
] as const;

describe.each(ties)("a process tied to us by %s", (_, tie) => {
  const host = () => ({ setprivPath: tie(), records });

  it("ends in order when its input does, and says how", async () => {
    const child = spawnFfmpeg(host(), { binary: ffmpegPath, arguments: COPY });
    const pieces: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.stdin.end(Buffer.alloc(300_000, 7));
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(Buffer.concat(pieces).length).toBe(300_000);
  });

  it("reads a script that is not in its arguments", async () => {
    const script = "ffconcat version 1.0\nfile 'nothing://there?passphrase=hush-hush'\n";
    const args = ["-hide_banner", "-nostdin", "-f", "concat", "-safe", "0", "-i", "pipe:4", "-f", "null", "-"];
    const child = spawnFfmpeg(host(), { binary: ffmpegPath, arguments: args, script, secrets: ["hush-hush"] });
    const end = await child.ended;
    expect(end.code).not.toBe(0);
    expect(child.lastLines().join("\n")).toContain("nothing://there");
    expect(child.lastLines().join("\n")).not.toContain("hush-hush");
  });

  it("is gone with everything it started once it is killed or finished", async () => {
    for (const way of ["kill", "finish"] as const) {
      const child = spawnFfmpeg(host(), { binary: ffmpegPath, arguments: way === "kill" ? ENDLESS : COPY });
      const { pid } = child;
      await eventually("it is written down", () => existsSync(join(directory, "own", `${pid}.json`)));
      await child[way]();
      await child.ended;
      expect(isAlive(pid ?? 0)).toBe(false);
      expect(readdirSync(join(directory, "own"))).toEqual([]);
    }
  });

  it("does not outlive us when we are killed with -9, and is no orphan of the next start", async () => {
    const marker = `title=tied-${process.pid}-${tie() === null ? "shell" : "setpriv"}`;
    const program = join(directory, "parent.mts");
    const source = join(import.meta.dirname, "../../src/encoder");
    writeFileSync(
      program,
      `import { spawnFfmpeg } from ${JSON.stringify(join(source, "ffmpeg.process.ts"))};
import { openProcessRecords } from ${JSON.stringify(join(source, "process-record.ts"))};
const host = { setprivPath: ${JSON.stringify(tie())}, records: openProcessRecords(${JSON.stringify(join(directory, "orphans"))}) };
const child = spawnFfmpeg(host, { binary: ${JSON.stringify(ffmpegPath)}, arguments: ${JSON.stringify([...ENDLESS.slice(0, -3), "-metadata", marker, ...ENDLESS.slice(-3)])} });
child.stdin.end();
console.log(child.pid);
setInterval(() => undefined, 1000);
`,
    );
    const parent = spawn(process.execPath, ["--import", "tsx", program], {
      cwd: join(import.meta.dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))));
    const mentions = (): boolean => commandLines().some((line) => line.includes(marker) && line.includes("ffmpeg"));
    await eventually("ffmpeg runs", mentions);
    parent.kill("SIGKILL");
    await eventually("nothing is left", () => !mentions() && !isAlive(pid), 3_000);
    reapLeftovers(join(directory, "orphans"));
    expect(readdirSync(join(directory, "orphans"))).toEqual([]);
  });
});

function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}

describe("leftovers of a killed run", () => {
  const place = join(directory, "leftovers");
  const gone = { pid: 2 ** 22 + 1, startedAt: "long ago" };

  it("are killed when they are provably ours, and nothing else is", async () => {
    openProcessRecords(place);
    const ours = spawn("sleep", ["60"], { detached: true });
    const other = spawn("sleep", ["60"], { detached: true });
    const owned = spawn("sleep", ["60"], { detached: true });
    const startOf = (pid: number | undefined): string => processStartTime(pid ?? 0) ?? "";
    const write = (pid: number | undefined, startedAt: string, owner: object): void =>
      writeFileSync(join(place, `${pid}.json`), JSON.stringify({ pid, startedAt, owner }));
    write(ours.pid, startOf(ours.pid), gone);
    // The number was given to another process since.
    write(other.pid, `${startOf(other.pid)}1`, gone);
    // Its owner lives, and will end it.
    write(owned.pid, startOf(owned.pid), { pid: process.pid, startedAt: startOf(process.pid) });
    writeFileSync(join(place, "77.json"), "half a rec");
    expect(reapLeftovers(place)).toEqual([ours.pid]);
    await eventually("ours is gone", () => !isAlive(ours.pid ?? 0));
    expect(isAlive(other.pid ?? 0)).toBe(true);
    expect(isAlive(owned.pid ?? 0)).toBe(true);
    expect(readdirSync(place)).toEqual([`${owned.pid}.json`]);
    other.kill("SIGKILL");
    owned.kill("SIGKILL");
  });

  it("are none where nothing was ever started", () => {
    expect(reapLeftovers(join(directory, "never"))).toEqual([]);
  });
});

describe("what ffmpeg says", () => {
  it.each([
    ["srt://h:1?passphrase=abcdefghij: Input/output error", ["abcdefghij"], "abcdefghij"],
    ["[http @ 0x55d0] Opening 'https://user:pw123456@h/p?token=t0k3n' for reading", [], "pw123456"],
    ["Server said: wrong key s3cr3t-key", ["s3cr3t-key"], "s3cr3t-key"],
  ])("is shown without secrets: %s", (line, secrets, secret) => {
    const shown = createMasker(secrets)(line);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain("0x55d0");
  });
});
