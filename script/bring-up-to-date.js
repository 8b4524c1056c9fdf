// What tests start is what was built of the sources as they are, with the packages as this release wants them.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Whether nothing changed since the last build. */
function isBuilt() {
  const builtAt = statSync("dist/main.js", { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).map((path) => join("src", path));
  return ["package.json", "script/build-bundle.js", "tsconfig.build.json", ...sources].every((path) => statSync(path).mtimeMs < builtAt);
}

// An installation from before the newest of them has the driver as it was then.
spawnSync(process.execPath, ["script/patch-dependencies.js"], { stdio: "inherit" });
if (!isBuilt()) {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { encoding: "utf8" });
  // Types are the type check's business: a part that is being written must not keep the others from being tested.
  if (status !== 0) console.warn("The build failed; see `npm run build` and `npm run typecheck`.");
}
