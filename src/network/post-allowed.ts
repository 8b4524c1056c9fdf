import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { codeOf } from "./connect.ts";
import { untilAborted, withDeadline } from "./deadline.ts";
import type { ResolveHost } from "./resolve.ts";

export interface PostRequest {
  /** `http://` or `https://`, with user info and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Says which addresses the host has now, and whether they may be reached. */
  readonly resolve: ResolveHost;
  /** From the lookup to the answer. */
  readonly milliseconds: number;
  /** Whoever wanted it has gone. */
  readonly signal: AbortSignal | null;
}

export type PostAnswer =
  /** What it answered, whatever that is; redirects are not followed. */
  | { readonly kind: "ANSWERED"; readonly status: number }
  /** Nobody answered; one sentence for the operator. */
  | { readonly kind: "UNANSWERED"; readonly problem: string };

/** What is read of an answer, out of politeness: the status has said everything. */
const BODY_LIMIT_BYTES = 4_096;
const BODY_MILLISECONDS = 1_000;

/**
 * Posts a text to an address of the host that was looked up and checked at this moment, over a connection of its own. Never throws. A
 * body without an end is let go of.
 */
export async function postAllowed(post: PostRequest): Promise<PostAnswer> {
  const { milliseconds, signal } = post;
  try {
    return await withDeadline({ milliseconds, signal }, (within) => send(post, within));
  } catch (error) {
    return { kind: "UNANSWERED", problem: problemOf(error, milliseconds) };
  }
}

async function send(post: PostRequest, within: AbortSignal): Promise<PostAnswer> {
  const url = new URL(post.url);
  const resolution = await untilAborted(post.resolve, within)(url.hostname);
  if (within.aborted) throw new TooLate();
  if (resolution.kind === "REFUSED") return { kind: "UNANSWERED", problem: resolution.problem.message };
  if (resolution.kind === "UNRESOLVED") return { kind: "UNANSWERED", problem: resolution.message };
  const response = await open(post, { url, addresses: resolution.addresses, within });
  await drain(response);
  return { kind: "ANSWERED", status: response.statusCode ?? 0 };
}

interface Opening {
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly within: AbortSignal;
}

function open({ headers, body }: PostRequest, { url, addresses, within }: Opening): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const outgoing: ClientRequest = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
      method: "POST",
      headers: { ...headers, "content-length": length, connection: "close" },
      agent: false,
      lookup: pinned(addresses),
      signal: within,
    });
    outgoing.once("response", resolve);
    outgoing.on("error", (error) => reject(within.aborted ? new TooLate() : error));
    // A server that changes the protocol ends it all without an answer or an error.
    outgoing.once("close", () => reject(new Error("The receiver gave no answer.")));
    outgoing.end(body);
  });
}

/** Node looks nothing up: the addresses are those that were checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  return (_host, options, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/** Reads a little, and then no more. */
async function drain(response: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, BODY_MILLISECONDS);
    response.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > BODY_LIMIT_BYTES) resolve();
    });
    response.once("error", () => resolve());
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  response.destroy();
}

class TooLate extends Error {}

function problemOf(error: unknown, milliseconds: number): string {
  if (error instanceof TooLate) return `The receiver did not answer within ${milliseconds / 1_000} seconds.`;
  return `The receiver cannot be reached, or broke off${codeOf(error)}.`;
}
