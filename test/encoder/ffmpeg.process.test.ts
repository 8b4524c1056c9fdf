import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createMasker } from "../../src/encoder/ffmpeg.mask.ts";
import { spawnFfmpeg } from "../../src/encoder/ffmpeg.process.ts";
import { killGroup, openProcessRecords, processStartTime, reapLeftovers } from "../../src/encoder/process-record.ts";
import { eventually, mediaCapabilities } from "../support/media.ts";
import { isAlive, listProcesses, processesWith } from "../support/process-list.ts";
import { nextOutput, startNode } from "../support/tied.ts";

const run = promisify(execFile);

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
    const parent = startNode(["--import", "tsx", program]);
    const pid = Number(await nextOutput(parent));
    const mentions = (): boolean => listProcesses().some(({ args }) => args.includes(marker) && args.includes("ffmpeg"));
    await eventually("ffmpeg runs", mentions);
    parent.kill("SIGKILL");
    await eventually("nothing is left", () => !mentions() && !isAlive(pid), 3_000);
    reapLeftovers(join(directory, "orphans"));
    expect(readdirSync(join(directory, "orphans"))).toEqual([]);
  });
});

describe("a process whose parent is killed before it is tied", () => {
  /** Of a process whose starter was killed at once, and that makes a file when it runs. */
  interface Orphan {
    readonly hasRun: () => boolean;
    /** Whether anything of it is there, the shell around it too. */
    readonly isLeft: () => boolean;
  }

  async function startOrphan(tie: string | null): Promise<Orphan> {
    const place = mkdtempSync(join(directory, "orphan-"));
    const mark = join(place, "ran");
    const program = join(place, "parent.mts");
    const source = join(import.meta.dirname, "../../src/encoder/ffmpeg.process.ts");
    const endless = ["-e", `require("node:fs").writeFileSync("${mark}", ""); setTimeout(() => undefined, 60_000)`];
    writeFileSync(
      program,
      `import { writeSync } from "node:fs";
import { spawnFfmpeg } from ${JSON.stringify(source)};
const host = { setprivPath: ${JSON.stringify(tie)}, records: { add: () => undefined, remove: () => undefined } };
const child = spawnFfmpeg(host, { binary: ${JSON.stringify(process.execPath)}, arguments: ${JSON.stringify(endless)} });
writeSync(1, String(child.pid));
process.kill(process.pid, "SIGKILL");
`,
    );
    onTestFinished(() => processesWith(mark).forEach((pid) => killGroup(pid)));
    await nextOutput(startNode(["--import", "tsx", program]));
    return { hasRun: () => existsSync(mark), isLeft: () => processesWith(mark).length > 0 };
  }

  it("ends by itself, and has never run, where setpriv comes too late", async (context) => {
    if (setprivPath === null) return context.skip();
    const late = join(directory, "late-setpriv");
    writeFileSync(late, `#!/bin/sh\nwhile kill -0 "$PPID" 2>/dev/null; do sleep 0.02; done\nexec ${setprivPath} "$@"\n`, { mode: 0o700 });
    const { hasRun, isLeft } = await startOrphan(late);
    await eventually("it is gone, or runs with nobody to end it", () => !isLeft() || hasRun());
    expect({ isLeft: isLeft(), hasRun: hasRun() }).toEqual({ isLeft: false, hasRun: false });
  });

  it("is ended by the shell watchdog", async () => {
    const { isLeft } = await startOrphan(null);
    await eventually("nothing of it is left", () => !isLeft(), 5_000);
  });
});

describe("a process that cannot be started or written down", () => {
  const host = (place: string) => ({ setprivPath, records: openProcessRecords(join(directory, place)) });

  it("runs all the same when its record cannot be written, and is collected", async () => {
    const withoutDirectory = host("gone");
    rmSync(join(directory, "gone"), { recursive: true });
    const child = spawnFfmpeg(withoutDirectory, { binary: ffmpegPath, arguments: COPY });
    child.stdin.end("x");
    child.stdout.resume();
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
  });

  it("has ended, and its group is killed, when it cannot be set up", async () => {
    let pid = 0;
    const add = (started: number): void => {
      pid = started;
      throw new Error("no room");
    };
    const child = spawnFfmpeg({ setprivPath, records: { add, remove: () => undefined } }, { binary: ffmpegPath, arguments: ENDLESS });
    expect(await child.ended).toEqual({ code: null, signal: null, lastLine: "It could not be started: no room" });
    expect(isAlive(pid)).toBe(false);
  });

  it("has ended when what it is given cannot be passed on", async () => {
    const child = spawnFfmpeg(host("own"), { binary: ffmpegPath, arguments: ["x".repeat(3_000_000)] });
    expect((await child.ended).lastLine).toContain("E2BIG");
  });

  it("has ended, with the reason, when no descriptor is left", async () => {
    const program = join(directory, "exhausted.mts");
    const source = join(import.meta.dirname, "../../src/encoder");
    writeFileSync(
      program,
      `import { openSync } from "node:fs";
import { spawnFfmpeg } from ${JSON.stringify(join(source, "ffmpeg.process.ts"))};
const host = { setprivPath: ${JSON.stringify(setprivPath)}, records: { add: () => undefined, remove: () => undefined } };
try { for (;;) openSync("/dev/null", "r"); } catch {}
const child = spawnFfmpeg(host, { binary: ${JSON.stringify(ffmpegPath)}, arguments: [] });
child.stdin.end("x");
child.stdout.resume();
child.kill();
console.log((await child.ended).lastLine);
`,
    );
    const limited = ["-c", 'ulimit -n 128; exec "$0" "$@"', process.execPath, "--import", "tsx", program];
    const { stdout } = await run("/bin/sh", limited, { cwd: join(import.meta.dirname, "../.."), timeout: 10_000 });
    expect(stdout).toMatch(/It could not be started: .*EMFILE/);
  });
});

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
