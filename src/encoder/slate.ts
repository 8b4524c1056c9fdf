import { readImageHeader } from "../images/image.rules.ts";
import type { StreamFacts } from "./input-facts.ts";
import type { InputSwitch } from "./input-switch.ts";
import { spawnFfmpeg, type FfmpegProcess, type ProcessEnd, type ProcessHost } from "./ffmpeg.process.ts";
import type { PatientClock } from "./patient-clock.ts";
import type { SlateSettings } from "./runner.ts";
import { slateArguments } from "./slate.rules.ts";
import type { Logger } from "../shared/log.ts";
import type { StreamIdentifiers } from "./transport-stream.ts";

export interface SlateOptions {
  readonly settings: SlateSettings;
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  /** The bytes of an uploaded picture; null when it is gone. */
  readonly readImage: (imageId: string) => Promise<Buffer | null>;
  readonly clock: PatientClock;
  readonly inputSwitch: InputSwitch;
  readonly log: Logger;
}

/** What the encoder was opened with, which the slate has to be like. */
export interface SlateModel {
  readonly facts: StreamFacts;
  readonly streams: StreamIdentifiers;
}

const RETRY_MILLISECONDS = 1_000;
/** A process that has not made a picture by then, or none since, hangs. */
const SILENCE_MILLISECONDS = 5_000;
/** One that is shown and ended is waited for before the input is turned back to. */
const PATIENCE_MILLISECONDS = 3_000;

/**
 * The picture that stands in for the input. Its process runs only while it is wanted: it gives its first picture 0.2 s after it was
 * started. One that ends is begun anew after 1 s, with the picture of the product where the uploaded one cannot be had or shown.
 */
export class Slate {
  readonly #options: SlateOptions;
  /** Undefined until it was asked for. */
  #picture: Buffer | null | undefined;
  #child: FfmpegProcess | null = null;
  #isOpen = false;
  #isOpening = false;
  #hasShown = false;
  #retryAt = 0;
  #aliveAt = 0;
  readonly #ends = new Set<Promise<ProcessEnd>>();

  constructor(options: SlateOptions) {
    this.#options = options;
    if (options.settings.imageId === null) this.#picture = null;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** There is a picture of it that the output can be made of; or there was until just now, and it is shown. */
  isReady(now: number, isShowing: boolean): boolean {
    const isAlive = this.#isOpen && now - this.#aliveAt < PATIENCE_MILLISECONDS;
    return isAlive && (isShowing || this.#options.inputSwitch.isReady("SLATE"));
  }

  /** To be called several times a second while it is wanted; begins it where it does not run. */
  show(now: number, model: SlateModel): void {
    this.#isOpen = true;
    if (this.#child) {
      if (now - this.#aliveAt > SILENCE_MILLISECONDS) this.#child.kill();
      return;
    }
    if (this.#isOpening || now < this.#retryAt) return;
    this.#isOpening = true;
    void this.#open(model).finally(() => {
      this.#isOpening = false;
    });
  }

  /** Ends it, if it runs. */
  hide(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#retryAt = 0;
    this.#child?.kill();
    this.#child = null;
    this.#options.inputSwitch.forget("SLATE");
  }

  /** Resolves once no process of it is left. */
  async close(): Promise<void> {
    this.hide();
    await Promise.all(this.#ends);
  }

  async #open({ facts, streams }: SlateModel): Promise<void> {
    const { host, ffmpegPath, clock, inputSwitch } = this.#options;
    const bytes = await this.#readPicture();
    // It may have been hidden meanwhile.
    if (!this.#isOpen || this.#child) return;
    const picture = bytes && (readImageHeader(bytes)?.contentType ?? null);
    const child = spawnFfmpeg(host, { binary: ffmpegPath, arguments: slateArguments({ facts, streams, picture }) });
    this.#child = child;
    this.#hasShown = false;
    this.#aliveAt = clock.now();
    child.stdin.end(picture === null ? undefined : bytes);
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#child !== child) return;
      if (!this.#hasShown) {
        inputSwitch.restart("SLATE");
        inputSwitch.release("SLATE");
      }
      this.#hasShown = true;
      this.#aliveAt = clock.now();
      inputSwitch.accept("SLATE", chunk, clock.now());
    });
    this.#ends.add(child.ended);
    void child.ended.then((end) => {
      this.#ends.delete(child.ended);
      if (this.#child === child) this.#noteEnd(end);
    });
  }

  #noteEnd({ lastLine }: ProcessEnd): void {
    this.#options.log.warn({ lastLine }, "the process that makes the slate ended");
    this.#child = null;
    this.#retryAt = this.#options.clock.now() + RETRY_MILLISECONDS;
    if (!this.#hasShown) this.#picture = null;
  }

  async #readPicture(): Promise<Buffer | null> {
    const { settings, readImage, log } = this.#options;
    if (this.#picture !== undefined || settings.imageId === null) return this.#picture ?? null;
    try {
      this.#picture = await readImage(settings.imageId);
      return this.#picture;
    } catch (error) {
      // Asked for again the next time: the database may be away as well as the input.
      log.warn({ err: error }, "the picture of a slate could not be read");
      return null;
    }
  }
}
