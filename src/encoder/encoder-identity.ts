import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isIdentifier, newIdentifier } from "../shared/identifier.ts";
import { processStartTime } from "./process-record.ts";

/** Who an agent is from one start to the next, so that it knows its own sessions again. */
export interface EncoderIdentity {
  readonly encoderId: string;
  /** Belongs to this agent alone; what its runners write goes below it. */
  readonly directory: string;
  /** Takes a new id, for when another machine turned out to use a copy of this one. */
  readonly renew: () => Promise<EncoderIdentity>;
  /** Lets another agent have it. Idempotent. */
  readonly release: () => Promise<void>;
}

const IDENTITY_FILE = "encoder-id";
const LOCK_FILE = "encoder.lock";
/** Agents that may share one data directory. */
const SLOT_LIMIT = 100;

/**
 * Takes the first identity of the data directory that no living agent has: `encoder-1`, `encoder-2` and so on, each with its id in
 * the file `encoder-id` and a lock beside it. What a killed agent had is free at once.
 */
export async function claimEncoderIdentity(dataDirectory: string): Promise<EncoderIdentity> {
  for (let slot = 1; slot <= SLOT_LIMIT; slot += 1) {
    const directory = join(dataDirectory, `encoder-${slot}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (await takeLock(directory)) return openIdentity(directory);
  }
  throw new Error(`All ${SLOT_LIMIT} encoder identities of ${dataDirectory} are in use.`);
}

async function openIdentity(directory: string): Promise<EncoderIdentity> {
  const kept = (await readOrNull(join(directory, IDENTITY_FILE)))?.trim() ?? "";
  const encoderId = isIdentifier("encoder", kept) ? kept : await writeNewIdentity(directory);
  return {
    encoderId,
    directory,
    async renew() {
      await writeNewIdentity(directory);
      return openIdentity(directory);
    },
    async release() {
      if ((await readOrNull(join(directory, LOCK_FILE))) === ownMark()) await rm(join(directory, LOCK_FILE), { force: true });
    },
  };
}

async function writeNewIdentity(directory: string): Promise<string> {
  const encoderId = newIdentifier("encoder");
  const path = join(directory, IDENTITY_FILE);
  // A rename is whole or not at all: a crash never leaves half an id.
  await writeFile(`${path}.new`, `${encoderId}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return encoderId;
}

/** Whether the directory's lock is ours now. The lock of a process that is gone is moved aside, and put back if it was another's by then. */
async function takeLock(directory: string): Promise<boolean> {
  const path = join(directory, LOCK_FILE);
  const mark = join(directory, `${LOCK_FILE}.${randomUUID()}`);
  const aside = `${mark}.stale`;
  await writeFile(mark, ownMark(), { mode: 0o600 });
  try {
    if (await tryLink(mark, path)) return true;
    const holder = await readOrNull(path);
    if (holder !== null && isHeld(holder)) return false;
    if (holder !== null) {
      await rename(path, aside).catch(() => undefined);
      const moved = await readOrNull(aside);
      if (moved !== null && moved !== holder) await tryLink(aside, path);
    }
    return await tryLink(mark, path);
  } finally {
    await rm(mark, { force: true });
    await rm(aside, { force: true });
  }
}

/** Makes a second name for a file; false when the name is taken. Of several that try at once, one succeeds. */
async function tryLink(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isHeld(mark: string): boolean {
  const [pid, ...startedAt] = mark.split(" ");
  return startedAt.length > 0 && processStartTime(Number(pid)) === startedAt.join(" ");
}

function ownMark(): string {
  return `${process.pid} ${processStartTime(process.pid) ?? "unknown"}`;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
