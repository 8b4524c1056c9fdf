import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomToken } from "../src/shared/identifier.ts";
import { BENCH_SECRET_KEY, type Installation } from "./installation.ts";

export const MAIN = fileURLToPath(new URL("../src/main.js", import.meta.url));
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
  const logFile = join(directory, `gateway-${randomToken(8)}.log`);
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [MAIN, "gateway"], {
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      PORT: "0",
      HEADEND_DATA_DIR: join(directory, "gateway"),
      HEADEND_SECRET_KEY: BENCH_SECRET_KEY.toString("base64"),
      DATABASE_URL: `postgres://${user}@${encodeURIComponent(socketDirectory)}:${port}/${database}`,
      ...environment,
    },
    stdio: ["ignore", log, "inherit"],
  });
  closeSync(log);
  for (;;) {
    const output = readFileSync(logFile, "utf8");
    const url = /The API is at (http:\S+)\/graphql/.exec(output)?.[1];
    if (url !== undefined) return { url, process: child };
    if (child.exitCode !== null) throw new Error(`The gateway did not start: ${output}`);
    await wait(POLL_MILLISECONDS);
  }
}
