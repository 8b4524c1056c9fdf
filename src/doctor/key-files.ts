import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SECRET_KEY_FILE } from "../access/secret-key.ts";
import type { Environment } from "../environment.ts";
import { ADMIN_KEY_FILE } from "../organizations/first-start.ts";
import type { Finding } from "./finding.ts";

const OTHERS = 0o077;

/** Keys that lie in the data directory: one that may be kept elsewhere by now, and any that others may read. */
export async function examineKeyFiles({ dataDirectory }: Environment): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of [ADMIN_KEY_FILE, SECRET_KEY_FILE]) {
    const path = join(dataDirectory, name);
    const found = await stat(path).catch(() => null);
    if (found && (found.mode & OTHERS) !== 0)
      findings.push({ subject: name, verdict: "CAUTION", text: `others may read ${path}: make it its owner's alone (chmod 600).` });
    if (found && name === ADMIN_KEY_FILE)
      findings.push({ subject: name, verdict: "CAUTION", text: `${path} opens everything: keep the key elsewhere and delete this file.` });
  }
  return findings;
}
