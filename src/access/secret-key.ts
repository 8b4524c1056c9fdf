import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keepOwnerOnlyFile } from "../shared/owner-only-file.ts";
import { StartError } from "../shared/start-error.ts";

export const SECRET_KEY_FILE = "secret-key";

const SECRET_KEY_BYTES = 32;

/** The installation's secret key: the given one, else that of the file in the data directory, which the first start makes. */
export async function loadSecretKey(given: Buffer | null, dataDirectory: string): Promise<Buffer> {
  if (given !== null) return given;
  const path = join(dataDirectory, SECRET_KEY_FILE);
  const kept = await keepOwnerOnlyFile(path, `${randomBytes(SECRET_KEY_BYTES).toString("base64")}\n`);
  const key = Buffer.from(kept.trim(), "base64");
  if (key.length === SECRET_KEY_BYTES) return key;
  throw new StartError(
    `${path} does not hold a secret key. Bring back the file that this installation was made with, or set HEADEND_SECRET_KEY.`,
  );
}
