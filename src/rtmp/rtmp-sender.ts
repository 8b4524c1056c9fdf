import { randomBytes } from "node:crypto";
import { createMasker } from "../encoder/ffmpeg.mask.ts";
import type { OutputSender, OutputSenderState } from "../encoder/output-sender.ts";
import type { Resolution } from "../network/resolve.ts";
import { EncoderIntake } from "./encoder-intake.ts";
import { PublisherClient, type PublishEnd } from "./publisher-client.ts";
import { answerChallenge, readChallenge, readPushTarget, type PushTarget } from "./push-target.rules.ts";
import { quoteReceiver } from "./quote.rules.ts";
import { SendQueue } from "./send-queue.ts";

export interface RtmpSenderOptions {
  /** `rtmp://` or `rtmps://`, in clear: with stream key and user info. */
  readonly url: string;
  /** Asked at every connection; only addresses that it allows are connected to. */
  readonly resolve: (url: string) => Promise<Resolution>;
  /** Authorities beside those that everybody trusts that may have signed the certificates of receivers, as PEM; null for none. */
  readonly trustedCertificates?: string | null;
  /** Of the agent, for its sockets; left out for the temporary directory. */
  readonly socketDirectory?: string;
}

/** A receiver that is back is found within this; spread, so that many senders do not knock at once. */
const RETRY_MILLISECONDS = { least: 500, most: 900 } as const;
/** A connection counts at once, unless the one before it ended so soon: then it has to last first. */
const SETTLED_MILLISECONDS = 3_000;
/** An encoder that wrote nothing for so long waits for its input; its next picture begins the attempts anew. */
const PAUSE_MILLISECONDS = 2_000;
/** Naming oneself, answering, and once more when the server forgot its own question. */
const ANSWERS_LIMIT = 3;
/** Below this a text is left as it is by the masker. */
const MASKABLE_CHARACTERS = 4;

/**
 * Publishes what the encoder writes to a receiver:
 *
 *   RESTING     waits 0.5 to 0.9 s, and for the encoder's first picture
 *   CONNECTING  resolves, connects, and asks to publish
 *   PUBLISHING  sends
 *
 *   RESTING → CONNECTING → PUBLISHING → RESTING, and CONNECTING → RESTING
 *
 * The encoder's socket is read in every one of them.
 */
export class RtmpSender implements OutputSender {
  readonly localUrl: string;
  readonly #options: RtmpSenderOptions;
  readonly #target: PushTarget | null;
  readonly #mask: (text: string) => string;
  readonly #queue = new SendQueue();
  readonly #intake: EncoderIntake;
  #client: PublisherClient | null = null;
  readonly #leaving = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #attempt: Promise<void> | null = null;
  #mayTryAt = 0;
  #taggedAt = -Infinity;
  #addressNumber = 0;
  #answer = "";
  #answers = 0;
  #publishedAt: number | null = null;
  #lastWasShort = false;
  #bytes = 0;
  #problem: string | null = null;
  #localProblem: string | null = null;
  #isAddressRefused = false;
  #closing: Promise<void> | null = null;

  constructor(options: RtmpSenderOptions) {
    this.#options = options;
    this.#target = readPushTarget(options.url);
    this.#mask = createMasker(this.#target?.secrets ?? [options.url]);
    if (!this.#target) this.#problem = "The URL does not name an application and a stream to publish to.";
    this.#intake = new EncoderIntake({
      socketDirectory: options.socketDirectory ?? null,
      onBegin: () => this.#queue.restart(),
      onTag: (tag) => {
        this.#taggedAt = performance.now();
        this.#queue.offer(tag, this.#taggedAt);
        this.#pump();
        if (!this.#client && !this.#timer && !this.#attempt) this.#schedule();
      },
      onProblem: (problem) => (this.#localProblem = problem),
    });
    this.localUrl = this.#intake.url;
  }

  state(): OutputSenderState {
    const since = this.#publishedAt === null ? null : performance.now() - this.#publishedAt;
    const isConnected = since !== null && (!this.#lastWasShort || since > SETTLED_MILLISECONDS);
    return {
      isConnected,
      bytes: this.#bytes,
      problem: isConnected ? null : (this.#localProblem ?? this.#problem),
      isAddressRefused: !isConnected && this.#isAddressRefused,
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#publishedAt = null;
    await Promise.all([this.#intake.close(), this.#client?.close(), this.#attempt, ...this.#leaving]);
  }

  /** Without media there is nothing to connect for: receivers send such a publisher away. */
  #schedule(): void {
    const isEncoding = performance.now() - this.#taggedAt < PAUSE_MILLISECONDS;
    if (this.#closing || !this.#target || !this.#queue.hasMedia || !isEncoding) return;
    const wait = Math.max(0, this.#mayTryAt - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#attempt = this.#try().finally(() => (this.#attempt = null));
    }, wait);
  }

  async #try(): Promise<void> {
    const { least, most } = RETRY_MILLISECONDS;
    this.#mayTryAt = performance.now() + least + Math.random() * (most - least);
    const addresses = await this.#resolve();
    if (this.#closing || !this.#target || addresses.length === 0) return;
    // The next one at the next attempt: with several, one that is dead holds up little.
    const address = addresses[this.#addressNumber % addresses.length];
    if (address === undefined) return;
    const { trustedCertificates = null } = this.#options;
    const client = new PublisherClient({
      ...{ target: this.#target, address, trustedCertificates, answer: this.#answer },
      onPublished: () => this.#begin(),
      onDrain: () => this.#pump(),
      onSent: (bytes) => (this.#bytes += bytes),
      onEnd: (end) => this.#rest(client, end),
    });
    this.#client = client;
  }

  async #resolve(): Promise<readonly string[]> {
    const resolution = await this.#options.resolve(this.#options.url).catch((): Resolution => ({ kind: "UNRESOLVED", message: "" }));
    this.#isAddressRefused = resolution.kind === "REFUSED";
    switch (resolution.kind) {
      case "ALLOWED":
        return resolution.addresses;
      case "REFUSED":
        this.#problem = this.#mask(resolution.problem.message);
        return [];
      case "UNRESOLVED":
        this.#problem = resolution.message === "" ? "The name of the receiver cannot be looked up now." : this.#mask(resolution.message);
        return [];
    }
  }

  #begin(): void {
    const now = performance.now();
    this.#publishedAt = now;
    this.#answer = "";
    this.#answers = 0;
    this.#queue.attach(now);
    this.#pump();
  }

  #pump(): void {
    while (this.#client?.canTake) {
      const tag = this.#queue.take();
      if (!tag) return;
      this.#client.send(tag);
    }
  }

  #rest(client: PublisherClient, end: PublishEnd): void {
    if (this.#client !== client) return;
    this.#client = null;
    const leaving = client.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    this.#queue.detach();
    this.#lastWasShort = this.#publishedAt !== null && performance.now() - this.#publishedAt < SETTLED_MILLISECONDS;
    this.#publishedAt = null;
    if (end.kind !== "REFUSED" || end.wasPublishing || !this.#answerTo(end.detail ?? "")) {
      this.#problem = this.#describe(end);
      // An address that worked is tried again first.
      if (!end.wasPublishing) this.#addressNumber += 1;
    }
    this.#schedule();
  }

  /** Whether the refusal was a question that the next attempt answers. */
  #answerTo(detail: string): boolean {
    const { userName, password } = this.#target ?? {};
    const challenge = readChallenge(detail);
    const mayAnswer = challenge !== null && challenge.kind !== "REFUSED" && this.#answers < ANSWERS_LIMIT;
    if (!mayAnswer || !userName) {
      this.#answer = "";
      this.#answers = 0;
      return false;
    }
    this.#answer = answerChallenge(challenge, { userName, password: password ?? "", ownChallenge: randomBytes(4).toString("hex") });
    this.#answers += 1;
    // A question is no failure, and its answer may be asked for once only.
    this.#mayTryAt = 0;
    return true;
  }

  #describe({ kind, detail, wasPublishing }: PublishEnd): string {
    const said = this.#quote(detail);
    switch (kind) {
      case "UNREACHABLE":
        return "The receiver cannot be reached.";
      case "UNTRUSTED":
        return `The receiver's certificate is not one to trust${said}`;
      case "REFUSED":
        return `The receiver refuses the stream${said}`;
      case "BROKEN":
        return wasPublishing ? "The connection to the receiver broke." : "The receiver does not answer as one of RTMP.";
      case "CLOSED":
        return wasPublishing && !this.#lastWasShort
          ? "The receiver closed the connection."
          : "The receiver closed the connection instead of taking the stream: the stream key may be a wrong one.";
    }
  }

  /** What the receiver said, as the end of a sentence; nothing of it when it holds a secret too short to be masked. */
  #quote(detail: string | null): string {
    const holdsShort = this.#target?.secrets.some((secret) => secret.length < MASKABLE_CHARACTERS && detail?.includes(secret));
    return detail === null || detail === "" || holdsShort ? "." : `: ${quoteReceiver(detail, this.#mask)}`;
  }
}
