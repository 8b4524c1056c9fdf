import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StartError } from "../shared/start-error.ts";

/** Under whom PostgreSQL runs, and what stands before its command line for that. */
export interface PostgresIdentity {
  /** Null: as ourselves. */
  readonly owner: { readonly uid: number; readonly gid: number; readonly name: string } | null;
  readonly commandPrefix: readonly string[];
}

/** Reads any directory and file, writes none: enough to pass through directories that are closed to others. */
const PASSING_CAPABILITIES = ["dac_read_search", "dac_override"] as const;

/**
 * PostgreSQL refuses to run as root, so that root hands it to whom the data directory belongs, else to `postgres`, else to `nobody`.
 * Where that user cannot reach the paths (a checkout below /root), it is given the one capability that passes through directories.
 */
export function choosePostgresIdentity(dataDirectory: string, paths: readonly string[]): PostgresIdentity {
  if (process.getuid?.() !== 0) return { owner: null, commandPrefix: [] };
  const owner = findOwner(dataDirectory);
  const closed = paths.map((path) => firstClosedDirectory(path, owner)).find((path) => path !== null);
  if (closed === undefined || closed === null) return { owner, commandPrefix: [] };
  return { owner, commandPrefix: passingPrefix(owner, closed) };
}

function findOwner(dataDirectory: string): NonNullable<PostgresIdentity["owner"]> {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name: name ?? "", uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const present = statSync(dataDirectory, { throwIfNoEntry: false });
  if (present && present.uid !== 0) {
    return users.find(({ uid }) => uid === present.uid) ?? { name: `uid ${present.uid}`, uid: present.uid, gid: present.gid };
  }
  const owner = users.find(({ name }) => name === "postgres") ?? users.find(({ name }) => name === "nobody");
  if (owner) return owner;
  throw new StartError(
    "PostgreSQL does not run as root, and /etc/passwd has neither postgres nor nobody. Start as a normal user, or set DATABASE_URL.",
  );
}

/** The outermost directory on the way to `path` that the user may not pass, or null. */
function firstClosedDirectory(path: string, owner: { readonly uid: number; readonly gid: number }): string | null {
  const directory = resolve(path);
  const parent = dirname(directory);
  const above = parent === directory ? null : firstClosedDirectory(parent, owner);
  if (above !== null) return above;
  const present = statSync(directory, { throwIfNoEntry: false });
  if (!present) return null;
  const bit = present.uid === owner.uid ? 0o100 : present.gid === owner.gid ? 0o010 : 0o001;
  return (present.mode & bit) === 0 ? directory : null;
}

function passingPrefix(owner: { readonly uid: number; readonly gid: number; readonly name: string }, closed: string): readonly string[] {
  for (const capability of PASSING_CAPABILITIES) {
    const ids = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
    // PostgreSQL asks access(2) whether it may run itself, which forgets capabilities unless this bit is set.
    const prefix = ["setpriv", ...ids, "--securebits=+no_setuid_fixup", `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`, "--"];
    try {
      execFileSync("setpriv", [...prefix.slice(1), "test", "-x", closed], { stdio: "ignore" });
      return prefix;
    } catch {
      // Not allowed in this container, or no setpriv on this machine: the next one, or the error below.
    }
  }
  throw new StartError(
    `PostgreSQL does not run as root, and the user ${owner.name} may not pass through ${closed}. ` +
      `Start Headend as a normal user, open the directory (chmod o+x ${closed}), move Headend elsewhere, or set DATABASE_URL.`,
  );
}
