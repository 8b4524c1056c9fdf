import { request, type IncomingMessage } from "node:http";
import { connectAllowed, NotReached, type NetworkAccess } from "./connect.ts";
import { withDeadline } from "./deadline.ts";

export interface RequestOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FetchOptions extends RequestOptions {
  readonly limitBytes: number;
}

export interface FetchedText {
  /** Where it was found in the end; relative addresses in the text begin there. */
  readonly url: string;
  readonly text: string;
}

export interface Answer {
  readonly url: string;
  /** Not read yet; whoever asked reads or destroys it. */
  readonly response: IncomingMessage;
}

const REDIRECT_LIMIT = 5;
const DEADLINE_MILLISECONDS = 5_000;

/**
 * Fetches a text over HTTP or HTTPS; every address is checked as it is connected to, those of redirects too.
 * Throws `AddressRefused`, and `NotReached` with a sentence for everything else.
 */
export async function fetchAllowed(url: string, options: FetchOptions): Promise<FetchedText> {
  return withDeadline({ milliseconds: DEADLINE_MILLISECONDS, signal: options.signal }, async (signal) => {
    const { url: found, response } = await requestAllowed(url, { ...options, signal });
    if (response.statusCode !== 200) {
      response.destroy();
      throw new NotReached(`The server of the input answered with status ${response.statusCode}.`);
    }
    return { url: found, text: await readLimited(response, options.limitBytes) };
  });
}

/** The same up to the answer, whatever its status; the signal ends the reading of it too. */
export async function requestAllowed(url: string, options: RequestOptions): Promise<Answer> {
  let address = new URL(url);
  for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects += 1) {
    const response = await get(address, options);
    const { statusCode: status = 0, headers } = response;
    options.access.cookies?.take(address, headers["set-cookie"] ?? []);
    if (status < 300 || status >= 400 || headers.location === undefined) return { url: address.href, response };
    response.destroy();
    if (!URL.canParse(headers.location, address.href)) throw new NotReached("The input's URL redirects to what is no URL.");
    address = new URL(headers.location, address);
  }
  throw new NotReached("The input's URL redirects too often.");
}

async function get(url: URL, { access, signal, headers }: RequestOptions): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new NotReached("The input's URL redirects to another scheme.");
  const isTls = url.protocol === "https:";
  const socket = await connectAllowed({ host: url.hostname, port: Number(url.port) || (isTls ? 443 : 80), isTls, signal }, access);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const { username, password, pathname, search, host } = url;
      const cookie = access.cookies?.header(url) ?? null;
      const auth = username === "" && password === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` };
      const outgoing = request({
        ...{ createConnection: () => socket, signal, path: `${pathname}${search}`, ...auth },
        headers: { host, accept: "*/*", connection: "close", ...(cookie === null ? {} : { cookie }), ...headers },
      });
      outgoing.once("response", resolve);
      outgoing.on("error", reject);
      // A server that changes the protocol ends it all without an answer or an error.
      outgoing.once("close", () => reject(new NotReached("The server of the input gave no answer.")));
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
