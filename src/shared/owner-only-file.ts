import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";

/** Keeps `content` in a file that its owner alone may read, unless there is one already; gives what is kept, of whoever was first. */
export async function keepOwnerOnlyFile(path: string, content: string): Promise<string> {
  const present = await readOrNull(path);
  if (present !== null) return present;
  const beside = await writeBeside(path, content);
  try {
    await link(beside, path);
    return content;
  } catch (error) {
    if (isCode(error, "EEXIST")) return await readFile(path, "utf8");
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

/** Writes a file that its owner alone may read, whole or not at all. */
export async function writeOwnerOnlyFile(path: string, content: string): Promise<void> {
  await rename(await writeBeside(path, content), path);
}

async function writeBeside(path: string, content: string): Promise<string> {
  const beside = `${path}.${randomUUID()}`;
  const file = await open(beside, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return beside;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
