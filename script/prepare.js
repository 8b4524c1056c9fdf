// Run by `npm ci`: builds dist/, except in an installation without development packages, which brings its dist/ along.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
if (existsSync(join(root, "node_modules", "typescript"))) {
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: "inherit" });
} else if (!existsSync(join(root, "dist", "main.js"))) {
  console.error("There is no dist/ and no compiler to build it: run `npm ci` without --omit=dev, or copy dist/ from where it was built.");
  process.exit(1);
}
