import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ResolveHost } from "./resolve.ts";

/** How what callers' URLs name is reached: nothing connects but to addresses that were looked up and checked at that moment. */
export interface NetworkAccess {
  readonly resolve: ResolveHost;
  /** Certificates, as PEM, that servers of TLS are trusted by instead of the well-known ones. */
  readonly certificateAuthorities?: string;
}

export interface ConnectTarget {
  /** A name, or an address with or without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** The network policy forbids an address; the message is a sentence for the operator. */
export class AddressRefused extends Error {}

/** What was looked for is not there, or did not answer; the message is a sentence for the operator. */
export class NotReached extends Error {}

const CONNECT_DEADLINE_MILLISECONDS = 5_000;

/**
 * A connection to one of the addresses that the host has now, each of which was checked: a name that leads elsewhere from one
 * lookup to the next leads nowhere. Throws `AddressRefused` and `NotReached`.
 */
export async function connectAllowed(target: ConnectTarget, access: NetworkAccess): Promise<Socket> {
  const addresses = await resolveOrThrow(target.host, access.resolve);
  let problem: unknown = null;
  for (const address of addresses) {
    try {
      const socket = await connectTo(address, target.port);
      return target.isTls ? await secure(socket, target.host, access) : socket;
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

function connectTo(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const deadline = setTimeout(() => socket.destroy(new Error("ETIMEDOUT")), CONNECT_DEADLINE_MILLISECONDS);
    socket.once("error", reject);
    socket.once("close", () => clearTimeout(deadline));
    socket.once("connect", () => {
      clearTimeout(deadline);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** The name goes on to the server and is what its certificate has to hold. */
function secure(socket: Socket, hostText: string, { certificateAuthorities }: NetworkAccess): Promise<Socket> {
  const host = hostText.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const ca = certificateAuthorities === undefined ? {} : { ca: certificateAuthorities };
    const secured = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...ca });
    const deadline = setTimeout(() => secured.destroy(new Error("ETIMEDOUT")), CONNECT_DEADLINE_MILLISECONDS);
    secured.once("error", reject);
    secured.once("close", () => {
      clearTimeout(deadline);
      socket.destroy();
    });
    secured.once("secureConnect", () => {
      clearTimeout(deadline);
      secured.off("error", reject);
      resolve(secured);
    });
  });
}

/** The system's own word for what went wrong, in brackets; nothing when it has none. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? ` (${code})` : "";
}
