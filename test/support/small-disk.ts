import { execFileSync, spawnSync } from "node:child_process";

/** Who is not root may mount in a namespace of users of its own, where root would lose what belongs to others. */
const isRoot = process.getuid?.() === 0;
/** In a namespace of its own a file system of a size that can be changed is put over a directory. */
const NAMESPACE = ["unshare", "--mount", ...(isRoot ? [] : ["--user", "--map-root-user"])];

/** Whether this machine lets us. */
export function canMountSmallDisk(): boolean {
  const [command = "", ...words] = NAMESPACE;
  return spawnSync(command, [...words, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]).status === 0;
}

/** What runs a command with a file system of so many megabytes in the place of this directory, which nobody else sees. */
export function withinSmallDisk(directory: string, megabytes: number): readonly string[] {
  const script = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`;
  return [...NAMESPACE, "sh", "-c", script, directory];
}

/** Makes it larger or smaller below the process that runs there. */
export function resizeSmallDisk(pid: number, directory: string, megabytes: number): void {
  const words = ["--target", String(pid), "--mount", ...(isRoot ? [] : ["--user", "--preserve-credentials"])];
  execFileSync("nsenter", [...words, "mount", "-o", `remount,size=${megabytes}m`, directory]);
}

/** A path as the process sees it. */
export function pathWithin(pid: number, path: string): string {
  return `/proc/${pid}/root${path}`;
}
