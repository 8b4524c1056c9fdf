import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomToken } from "../src/shared/identifier.ts";
import { tied } from "../test/support/tied.ts";
import { BENCH_SECRET_KEY, type Installation } from "./installation.ts";

/** As a release has it; this file is compiled to dist/bench/bench. */
export const MAIN = fileURLToPath(new URL("../../main.js", import.meta.url));
const POLL_MILLISECONDS = 20;

export interface GatewayProcess {
  /** The base of its addresses. */
  readonly url: string;
  readonly process: ChildProcess;
}

/** `headend gateway` on the installation's database, in a process of its own that logs to a file, and with more environment. */
export async function startGateway(
  { address, directory }: Installation,
  environment: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const { socketDirectory, port, user, database } = address;
  return startHeadend("gateway", directory, {
    HEADEND_DATA_DIR: join(directory, "gateway"),
    HEADEND_SECRET_KEY: BENCH_SECRET_KEY.toString("base64"),
    DATABASE_URL: `postgres://${user}@${encodeURIComponent(socketDirectory)}:${port}/${database}`,
    ...environment,
  });
}

/** A command of `headend` that serves the API, with this environment alone; its log is a file in the directory. */
export async function startHeadend(
  command: "gateway" | "start",
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const logFile = join(directory, `${command}-${randomToken(8)}.log`);
  const log = openSync(logFile, "a");
  const run = tied(process.execPath, [MAIN, command]);
  const child = spawn(run.command, run.words, {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", PORT: "0", ...environment },
    stdio: ["ignore", log, "inherit"],
  });
  closeSync(log);
  for (;;) {
    const output = readFileSync(logFile, "utf8");
    const url = /The API is at (http:\S+)\/graphql/.exec(output)?.[1];
    if (url !== undefined) return { url, process: child };
    if (child.exitCode !== null) throw new Error(`The ${command} did not start: ${output}`);
    await wait(POLL_MILLISECONDS);
  }
}
