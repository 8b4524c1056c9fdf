// Builds the release that is measured, and compiles what measures it: what runs TypeScript as it stands wraps every function that is made.
import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command: string, words: readonly string[]): void {
  const { status } = spawnSync(command, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run("npm", ["run", "--silent", "build"]);
run("npx", ["tsc", "-p", "bench/tsconfig.json"]);
for (const name of ["package.json", "drizzle", "node_modules"]) {
  if (!existsSync(`${root}/dist/bench/${name}`)) symlinkSync(`${root}/${name}`, `${root}/dist/bench/${name}`);
}
// What the product is compared with is no TypeScript, and has packages of its own.
if (!existsSync(`${root}/dist/bench/bench/peers`)) symlinkSync(`${root}/bench/peers`, `${root}/dist/bench/bench/peers`);
run(process.execPath, ["--expose-gc", "dist/bench/bench/run.js", ...process.argv.slice(2)]);
