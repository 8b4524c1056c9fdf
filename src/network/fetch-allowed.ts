import { request, type IncomingMessage } from "node:http";
import { connectAllowed, NotReached, type NetworkAccess } from "./connect.ts";

export interface FetchOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  readonly limitBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FetchedText {
  /** Where it was found in the end; relative addresses in the text begin there. */
  readonly url: string;
  readonly text: string;
}

const REDIRECT_LIMIT = 5;
const DEADLINE_MILLISECONDS = 5_000;

/**
 * Fetches a text over HTTP or HTTPS; every address is checked as it is connected to, those of redirects too.
 * Throws `AddressRefused`, and `NotReached` with a sentence for everything else.
 */
export async function fetchAllowed(url: string, options: FetchOptions): Promise<FetchedText> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(DEADLINE_MILLISECONDS)]);
  let address = new URL(url);
  for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects += 1) {
    const response = await get(address, { ...options, signal });
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400 && response.headers.location !== undefined) {
      response.destroy();
      address = new URL(response.headers.location, address);
      continue;
    }
    if (status !== 200) {
      response.destroy();
      throw new NotReached(`The server of the input answered with status ${status}.`);
    }
    return { url: address.href, text: await readLimited(response, options.limitBytes) };
  }
  throw new NotReached("The input's URL redirects too often.");
}

async function get(url: URL, { access, signal, headers }: FetchOptions): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new NotReached("The input's URL redirects to another scheme.");
  const isTls = url.protocol === "https:";
  const target = { host: url.hostname, port: Number(url.port) || (isTls ? 443 : 80), isTls };
  const socket = await connectAllowed(target, access);
  if (signal.aborted) socket.destroy();
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const { username, password, pathname, search, host } = url;
      const auth = username === "" && password === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
      const outgoing = request({
        ...{ createConnection: () => socket, signal, path: `${pathname}${search}`, ...auth },
        headers: { host, accept: "*/*", connection: "close", ...headers },
      });
      outgoing.once("response", resolve);
      outgoing.once("error", reject);
      outgoing.end();
    });
  } catch (error) {
    socket.destroy();
    throw problemOf(error);
  }
}

async function readLimited(response: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > limitBytes) throw new NotReached("What the server of the input answered is too long.");
      pieces.push(piece);
    }
  } catch (error) {
    throw problemOf(error);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function problemOf(error: unknown): unknown {
  if (error instanceof NotReached) return error;
  const isLate = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
  return new NotReached(isLate ? "The server of the input did not answer in time." : "The server of the input broke off its answer.");
}
