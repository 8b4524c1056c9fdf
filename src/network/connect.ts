import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { CookieJar } from "./cookie-jar.ts";
import { untilAborted, withDeadline } from "./deadline.ts";
import type { ResolveHost } from "./resolve.ts";

/** How what callers' URLs name is reached: nothing connects but to addresses that were looked up and checked at that moment. */
export interface NetworkAccess {
  readonly resolve: ResolveHost;
  /** Certificates, as PEM, that servers of TLS are trusted by instead of the well-known ones. */
  readonly certificateAuthorities?: string;
  /** What servers of HTTP set is told to them again; left out, it is forgotten. */
  readonly cookies?: CookieJar;
}

export interface ConnectTarget {
  /** A name, or an address with or without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Who wanted it has gone: nothing is waited for any more, and nothing stays open. */
  readonly signal?: AbortSignal;
}

/** The network policy forbids an address; the message is a sentence for the operator. */
export class AddressRefused extends Error {}

/** What was looked for is not there, or did not answer; the message is a sentence for the operator. */
export class NotReached extends Error {}

/** For all addresses together; each has its share of what is left. */
const CONNECT_DEADLINE_MILLISECONDS = 5_000;
/** A name server may answer with hundreds. */
const ADDRESSES_TRIED = 4;

/**
 * A connection to one of the addresses that the host has now, each of which was checked: a name that leads elsewhere from one
 * lookup to the next leads nowhere. Throws `AddressRefused` and `NotReached`.
 */
export async function connectAllowed(target: ConnectTarget, access: NetworkAccess): Promise<Socket> {
  const { host, signal = null } = target;
  const found = await resolveOrThrow(host, signal === null ? access.resolve : untilAborted(access.resolve, signal));
  const addresses = found.slice(0, ADDRESSES_TRIED);
  const lastAt = performance.now() + CONNECT_DEADLINE_MILLISECONDS;
  let problem: unknown = null;
  for (const [index, address] of addresses.entries()) {
    if (signal?.aborted) break;
    const milliseconds = Math.max(0, lastAt - performance.now()) / (addresses.length - index);
    try {
      return await withDeadline({ milliseconds, signal }, async (within) => {
        const socket = await connectTo(address, target.port, within);
        return target.isTls ? secure(socket, host, { access, within }) : socket;
      });
    } catch (error) {
      problem = error;
    }
  }
  throw new NotReached(`The server of the input cannot be reached${codeOf(problem)}.`);
}

/** The addresses of a host that may be reached. Throws `AddressRefused` and `NotReached`. */
export async function resolveOrThrow(host: string, resolve: ResolveHost): Promise<readonly string[]> {
  const resolution = await resolve(host);
  if (resolution.kind === "REFUSED") throw new AddressRefused(resolution.problem.message);
  if (resolution.kind === "UNRESOLVED") throw new NotReached(resolution.message);
  return resolution.addresses;
}

function connectTo(address: string, port: number, within: AbortSignal): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true });
  return opened(socket, "connect", within);
}

interface Securing {
  readonly access: NetworkAccess;
  readonly within: AbortSignal;
}

/** The name goes on to the server and is what its certificate has to hold. */
async function secure(socket: Socket, hostText: string, { access, within }: Securing): Promise<Socket> {
  const host = hostText.replace(/^\[|\]$/g, "");
  const { certificateAuthorities } = access;
  const ca = certificateAuthorities === undefined ? {} : { ca: certificateAuthorities };
  const secured = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...ca });
  secured.once("close", () => socket.destroy());
  return opened(secured, "secureConnect", within);
}

/** The socket once it is open; what is not open within its time is closed. */
function opened<T extends Socket>(socket: T, event: "connect" | "secureConnect", within: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => void socket.destroy(new Error("ETIMEDOUT"));
    within.addEventListener("abort", giveUp, { once: true });
    socket.once("error", reject);
    socket.once("close", () => within.removeEventListener("abort", giveUp));
    socket.once(event, () => {
      within.removeEventListener("abort", giveUp);
      socket.off("error", reject);
      resolve(socket);
    });
    if (within.aborted) giveUp();
  });
}

/** The system's own word for what went wrong, in brackets; nothing when it has none. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? ` (${code})` : "";
}
