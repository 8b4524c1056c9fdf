import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { MAIN } from "./gateway-process.ts";
import { median, report } from "./measure.ts";
import { residentMegabytes } from "./processor-time.ts";

const ROUNDS = 5;
const POLL_MILLISECONDS = 5;
const START_LIMIT_MILLISECONDS = 60_000;
const IDLE_MILLISECONDS = 10_000;
const EMPTY_SERVER = `require("node:http").createServer((request, response) => response.end()).listen(Number(process.env.PORT), "127.0.0.1")`;

const KINDS = { gateway: [MAIN, "gateway"], empty: ["-e", EMPTY_SERVER] } as const;
type Kind = keyof typeof KINDS;

/** From the start of the process until it is ready, with an embedded database that is there already; and the memory that it then holds. */
export async function benchStartup(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "headend-bench-startup-"));
  chmodSync(directory, 0o711);
  try {
    const taken: Record<Kind, number[]> = { gateway: [], empty: [] };
    const held: Record<Kind, number> = { gateway: Number.NaN, empty: Number.NaN };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const kind of ["gateway", "empty"] as const) {
        const { child, milliseconds } = await start(kind, directory);
        // The first round makes the database, and is not counted.
        if (round > 0) taken[kind].push(milliseconds);
        if (round === ROUNDS) {
          await wait(IDLE_MILLISECONDS);
          held[kind] = residentMegabytes(child);
        }
        await stop(child);
      }
    }
    const [gateway, empty] = [median(taken.gateway), median(taken.empty)];
    const rounds = taken.gateway.map((milliseconds) => Math.round(milliseconds)).join(", ");
    report(
      "seconds until a gateway is ready",
      gateway / 1_000,
      1.5,
      `an empty HTTP server: ${(empty / 1_000).toFixed(2)}; in ms: ${rounds}`,
    );
    report(
      `MB of an idle gateway after ${IDLE_MILLISECONDS / 1_000} s`,
      held.gateway,
      150,
      `an empty HTTP server: ${held.empty.toFixed(0)}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function start(kind: Kind, directory: string): Promise<{ readonly child: ChildProcess; readonly milliseconds: number }> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, KINDS[kind], {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", PORT: String(port), HEADEND_DATA_DIR: join(directory, "data") },
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`The ${kind} ended with ${child.exitCode}`);
    if (performance.now() - startedAt > START_LIMIT_MILLISECONDS) throw new Error(`The ${kind} did not get ready`);
    await wait(POLL_MILLISECONDS);
  }
  return { child, milliseconds: performance.now() - startedAt };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: "127.0.0.1", path: "/readyz", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
