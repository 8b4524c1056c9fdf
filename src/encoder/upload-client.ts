import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { isIP, type LookupFunction } from "node:net";
import type { Resolution } from "../network/resolve.ts";
import { SEGMENT_SECONDS } from "./ffmpeg.outputs.ts";

export interface UploadClientOptions {
  /** `http://` or `https://`: a folder of the receiver, in clear, with user info and query. */
  readonly baseUrl: string;
  /** Asked at every connection; only addresses that it allows are connected to. */
  readonly resolve: (url: string) => Promise<Resolution>;
  /** Authorities beside the system's own that may have signed the receiver's certificate, as PEM. */
  readonly trustedCertificates?: string;
  /** The longest that one upload may take, in milliseconds; shorter ones are for tests. */
  readonly uploadMilliseconds?: number;
}

/** How one request ended. */
export type UploadEnd =
  | { readonly kind: "TAKEN"; readonly bytes: number }
  /** There is nothing to send any more. */
  | { readonly kind: "GONE" }
  | { readonly kind: "REFUSED"; readonly status: number }
  /** No answer; the reason is the system's word for it. */
  | { readonly kind: "BROKEN"; readonly code: string }
  | { readonly kind: "ADDRESS_REFUSED"; readonly message: string }
  | { readonly kind: "UNRESOLVED"; readonly message: string };

/** Whether the connection was one that had been used before. */
type RequestEnd = UploadEnd & { readonly wasKept?: boolean };

interface Sending {
  readonly method: "PUT" | "DELETE";
  readonly name: string;
  readonly bytes: number;
  /** From the beginning to the whole answer. */
  readonly milliseconds: number;
  readonly write: (outgoing: ClientRequest) => unknown;
}

export interface UploadItem {
  /** Below the base URL. */
  readonly name: string;
  /** A text as it is, or a file on this machine. */
  readonly body: { readonly text: string } | { readonly path: string };
}

/** As ingest over HTTP wants it, and not too many. */
export const PARALLEL_UPLOADS = 4;
/** What is deleted goes beside the uploads and never instead of one. */
const CONNECTIONS_MOST = PARALLEL_UPLOADS + 1;
/** About the length of a segment or two: one that takes longer is late anyway. */
const SILENCE_MILLISECONDS = 5_000;
/** Segments that go out together over a line that is just fast enough take so long each; a receiver that needs more never catches up. */
const UPLOAD_MILLISECONDS = PARALLEL_UPLOADS * SEGMENT_SECONDS * 1_000;
const DELETE_MILLISECONDS = 2_000;
const LATE = "ETIMEDOUT";

/** Method not allowed, not implemented, and forbidden. */
const DELETE_UNKNOWN: ReadonlySet<number> = new Set([403, 405, 501]);
const BRACKETS = /^\[|\]$/g;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  mpd: "application/dash+xml",
  m3u8: "application/vnd.apple.mpegurl",
  init: "video/mp4",
  m4s: "video/iso.segment",
};

/** Carries why a name was not connected to through Node's own error. */
class LookupFailure extends Error {
  readonly end: UploadEnd;

  constructor(end: UploadEnd) {
    super("The receiver's name gave no address");
    this.end = end;
  }
}

/** Puts and deletes files below one URL, over connections that are kept; redirects are not followed. */
export class UploadClient {
  readonly #options: UploadClientOptions;
  readonly #base: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  #mayDelete = true;
  #isClosed = false;

  constructor(options: UploadClientOptions) {
    this.#options = options;
    this.#base = new URL(options.baseUrl);
    const settings = { keepAlive: true, maxSockets: CONNECTIONS_MOST, maxFreeSockets: CONNECTIONS_MOST, scheduling: "lifo" as const };
    const ca = options.trustedCertificates === undefined ? {} : { ca: options.trustedCertificates };
    this.#agent = this.#base.protocol === "https:" ? new HttpsAgent({ ...settings, ...ca }) : new HttpAgent(settings);
  }

  /** Never throws. */
  async put(item: UploadItem): Promise<UploadEnd> {
    const first = await this.#put(item);
    // A connection that was kept may just have been closed by the other side: that says nothing of the receiver.
    return first.kind === "BROKEN" && first.wasKept && !this.#isClosed ? this.#put(item) : first;
  }

  /** Receivers that do not understand it, or never answer it, are not asked again. Never throws. */
  async delete(name: string): Promise<void> {
    if (!this.#mayDelete || this.#isClosed) return;
    const write = (outgoing: ClientRequest): unknown => outgoing.end();
    const end = await this.#send({ method: "DELETE", name, bytes: 0, milliseconds: DELETE_MILLISECONDS, write });
    if (end.kind === "BROKEN" && end.code === LATE) this.#mayDelete = false;
    if (end.kind === "REFUSED" && DELETE_UNKNOWN.has(end.status)) this.#mayDelete = false;
  }

  /** Ends what is under way. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  async #put({ name, body }: UploadItem): Promise<RequestEnd> {
    const { uploadMilliseconds: milliseconds = UPLOAD_MILLISECONDS } = this.#options;
    if ("text" in body) {
      const write = (outgoing: ClientRequest): unknown => outgoing.end(body.text);
      return this.#send({ method: "PUT", name, bytes: Buffer.byteLength(body.text), milliseconds, write });
    }
    const found = await stat(body.path).catch(() => null);
    if (!found) return { kind: "GONE" };
    const write = (outgoing: ClientRequest): void => {
      createReadStream(body.path)
        .on("error", (error) => outgoing.destroy(error))
        .pipe(outgoing);
    };
    return this.#send({ method: "PUT", name, bytes: found.size, milliseconds, write });
  }

  async #send({ method, name, bytes, milliseconds, write }: Sending): Promise<RequestEnd> {
    const refusal = await this.#checkLiteral();
    if (refusal) return refusal;
    const outgoing = this.#open(method, name, bytes);
    let isLate = false;
    const giveUp = (): void => {
      isLate = true;
      outgoing.destroy(new Error("The receiver takes too long"));
    };
    outgoing.on("timeout", giveUp);
    // A receiver that takes or answers a byte now and then is never silent.
    const deadline = setTimeout(giveUp, milliseconds);
    try {
      const status = await statusOf(outgoing, write);
      return status >= 200 && status < 300 ? { kind: "TAKEN", bytes } : { kind: "REFUSED", status };
    } catch (error) {
      if (error instanceof LookupFailure) return error.end;
      if (isLate) return { kind: "BROKEN", code: LATE };
      const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
      return { kind: "BROKEN", code, wasKept: outgoing.reusedSocket };
    } finally {
      clearTimeout(deadline);
    }
  }

  #open(method: string, name: string, bytes: number): ClientRequest {
    const { protocol, hostname, port, pathname, search, username, password } = this.#base;
    const options: RequestOptions = {
      ...{ method, agent: this.#agent, protocol, hostname: hostname.replace(BRACKETS, ""), port, lookup: this.#lookup },
      path: `${pathname.replace(/\/$/, "")}/${name}${search}`,
      timeout: SILENCE_MILLISECONDS,
      headers: {
        "user-agent": "Headend",
        "dash-if-ingest": "1.1",
        ...(method === "PUT"
          ? { "content-type": CONTENT_TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream", "content-length": bytes }
          : {}),
      },
      ...(username === "" && password === "" ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
    };
    return protocol === "https:" ? requestHttps(options) : requestHttp(options);
  }

  /** Called for names at every connection: what is connected to was checked at that moment. */
  readonly #lookup: LookupFunction = (_hostname, { all }, done) => {
    void this.#answerLookup(all === true, done);
  };

  async #answerLookup(all: boolean, done: Parameters<LookupFunction>[2]): Promise<void> {
    const found = await this.#resolve();
    if ("kind" in found) return done(new LookupFailure(found), "");
    const addresses = found.addresses.map((address) => ({ address, family: isIP(address) }));
    return all ? done(null, addresses) : done(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 4);
  }

  /** An address is never looked up. */
  async #checkLiteral(): Promise<UploadEnd | null> {
    if (isIP(this.#base.hostname.replace(BRACKETS, "")) === 0) return null;
    const found = await this.#resolve();
    return "kind" in found ? found : null;
  }

  async #resolve(): Promise<{ readonly addresses: readonly string[] } | UploadEnd> {
    const unknown = (): Resolution => ({ kind: "UNRESOLVED", message: "The name of the receiver cannot be looked up now." });
    const resolution = await this.#options.resolve(this.#options.baseUrl).catch(unknown);
    if (resolution.kind === "ALLOWED") return { addresses: resolution.addresses };
    if (resolution.kind === "REFUSED") return { kind: "ADDRESS_REFUSED", message: resolution.problem.message };
    return { kind: "UNRESOLVED", message: resolution.message };
  }
}

async function statusOf(outgoing: ClientRequest, write: Sending["write"]): Promise<number> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
  });
  write(outgoing);
  const response = await answered;
  // Read to its end, so that the connection can be used again.
  await finished(response.resume());
  return response.statusCode ?? 0;
}
