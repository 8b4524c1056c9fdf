import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTicks, readTicksOfFamily, TICKS_PER_SECOND } from "./processor-time.ts";

/** The servers that the gateway is compared with, and what asks all of them; they have packages of their own. */
const PEERS = join(import.meta.dirname, "peers");

/** Installs those packages where they are missing or older than what is asked for. */
export function installPeers(): void {
  const installed = join(PEERS, "node_modules/.package-lock.json");
  const wanted = join(PEERS, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.log("installing the servers to compare with");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], { cwd: PEERS, stdio: "inherit" });
}

/** A server that answers a list of sessions. */
export interface ListServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly process: ChildProcess;
}

export type PeerName = "one-statement" | "mercurius" | "yoga" | "postgraphile";

/** What `bench/peers/serve.js` is given. */
export interface PeerOrder {
  readonly address: unknown;
  readonly connections: number;
  readonly organizationId: string;
  readonly publicUrl: string;
}

export async function startPeer(name: PeerName, order: PeerOrder): Promise<ListServer> {
  const child = forkPeer(`${name}.js`, [JSON.stringify(order)]);
  let told = "";
  child.stderr?.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const [port] = (await Promise.race([once(child, "message"), once(child, "exit")])) as [number];
  if (child.exitCode !== null) throw new Error(`${name} did not start: ${told}`);
  return { url: `http://127.0.0.1:${port}/graphql`, headers: {}, process: child };
}

export function startLoad(): ChildProcess {
  return forkPeer("load.js", []);
}

function forkPeer(file: string, words: readonly string[]): ChildProcess {
  const env = { PATH: process.env["PATH"], NODE_ENV: "production", GRAPHILE_ENV: "production" };
  const child = fork(join(PEERS, file), words, { execArgv: [], env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  child.stderr?.resume();
  return child;
}

export interface Load {
  readonly body: string;
  readonly connections: number;
  /** Of requests. */
  readonly amount: number;
}

/** What a server did under a load; processor time is that of all its threads, in milliseconds for each answer. */
export interface LoadResult {
  readonly perSecond: number;
  readonly processorMilliseconds: number;
  /** The same of PostgreSQL, all its processes together. */
  readonly databaseMilliseconds: number;
}

interface LoadAnswer {
  /** Answers with status 200. */
  readonly right: number;
  readonly seconds: number;
}

/** Throws where anything but 200 came back. */
export async function load(generator: ChildProcess, server: ListServer, postgresPid: number, { body, ...rest }: Load): Promise<LoadResult> {
  const read = () => [readTicks(server.process.pid) ?? Number.NaN, readTicksOfFamily(postgresPid)] as const;
  const before = read();
  generator.send({ url: server.url, headers: server.headers, body, ...rest });
  const [{ right, seconds }] = (await once(generator, "message")) as [LoadAnswer];
  const after = read();
  if (right !== rest.amount) throw new Error(`${right} right answers of ${rest.amount} by ${server.url}`);
  const each = (ticks: number): number => ((ticks / TICKS_PER_SECOND) * 1_000) / right;
  return {
    perSecond: right / seconds,
    processorMilliseconds: each(after[0] - before[0]),
    databaseMilliseconds: each(after[1] - before[1]),
  };
}

/** One request; throws where errors come back. */
export async function askOnce<Data>({ url, headers }: ListServer, body: string): Promise<Data> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
  const { data, errors } = (await response.json()) as { readonly data?: Data; readonly errors?: unknown };
  if (!response.ok || errors !== undefined || !data) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(errors)}`);
  return data;
}
