import { createServer } from "node:net";
import type { Environment } from "../environment.ts";
import { listOwnAddresses } from "../network/resolve.ts";
import type { Finding } from "./finding.ts";

const ANSWER_DEADLINE_MILLISECONDS = 2_000;

/** Tries whether the port can be listened on, and lets it go at once. */
export async function examinePort({ host, port }: Environment): Promise<readonly Finding[]> {
  const code = await tryListening(host, port);
  const place = `${host}:${port}`;
  if (code === null) return [{ subject: "port", verdict: "OK", text: `${place} is free` }];
  if (code === "EADDRINUSE" && (await isHeadend(host, port)))
    return [{ subject: "port", verdict: "OK", text: `${place} is served by Headend already` }];
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `${place} is in use by another program: the API is unavailable there. Set PORT to another one.`,
    EACCES: `${place} may not be listened on: the API is unavailable there. Set PORT to 1024 or above.`,
    EADDRNOTAVAIL: `${host} is no address of this machine: the API is unavailable. Set HOST to 127.0.0.1 or 0.0.0.0.`,
    ENOTFOUND: `The name ${host} is unknown: the API is unavailable. Set HOST to 127.0.0.1 or 0.0.0.0.`,
  };
  return [{ subject: "port", verdict: "MISSING", text: why[code] ?? `${place} cannot be listened on (${code}).` }];
}

/** Multicast is received on an interface of this machine or not at all. */
export function examineMulticastInterface({ multicastInterface }: Environment): readonly Finding[] {
  if (multicastInterface === null) return [];
  const subject = "multicast";
  if (listOwnAddresses().includes(multicastInterface)) return [{ subject, verdict: "OK", text: `received on ${multicastInterface}` }];
  const text = `${multicastInterface} is no address of this machine: MULTICAST_PULL receives nothing. Set HEADEND_MULTICAST_INTERFACE to one that is.`;
  return [{ subject, verdict: "LIMITED", text }];
}

async function tryListening(host: string, port: number): Promise<string | null> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

/** Whether a gateway of ours answers there. */
export async function isHeadend(host: string, port: number): Promise<boolean> {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  const signal = AbortSignal.timeout(ANSWER_DEADLINE_MILLISECONDS);
  return await fetch(`http://${name}:${port}/livez`, { signal }).then(
    async (response) => response.ok && (await response.text()).trim() === "live",
    () => false,
  );
}
