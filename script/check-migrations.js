// Fails when the tables in src/ and the migrations in drizzle/ differ: generates into a copy and looks whether anything came of it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const directory = mkdtempSync(join(tmpdir(), "headend-migrations-"));
try {
  cpSync(join(root, "drizzle"), join(directory, "drizzle"), { recursive: true });
  // drizzle-kit takes paths as of the directory that it is called in.
  const out = relative(root, join(directory, "drizzle"));
  const before = readdirSync(join(directory, "drizzle"));
  const words = ["drizzle-kit", "generate", "--dialect", "postgresql", "--schema", "./src/**/*.table.ts", "--out", out];
  const output = execFileSync("npx", words, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const added = readdirSync(join(directory, "drizzle")).filter((name) => !before.includes(name));
  if (added.length > 0) {
    console.error(
      `${output}\nThe tables in src/ have changes that no migration makes. Run npm run migration:generate -- --name what_it_is_for.`,
    );
    process.exitCode = 1;
  } else {
    console.log("The migrations make the tables that src/ describes.");
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
