import { mkdirSync, rmSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cmafFiles, readCmafName, type CmafPlaylist } from "./cmaf-files.rules.ts";
import type { OutputSender, OutputSenderState } from "./output-sender.ts";
import { PARALLEL_UPLOADS, UploadClient, type UploadClientOptions, type UploadEnd } from "./upload-client.ts";

export interface CmafSenderOptions extends UploadClientOptions {
  /** Its own, which players cannot fetch from: the encoder writes there what is sent on. */
  readonly directory: string;
  /** The encoder's working directory. */
  readonly encoderDirectory: string;
}

const LOOK_MILLISECONDS = 100;
const CLOCK_STEP_MILLISECONDS = 50;
const RETRY_MILLISECONDS = 500;
/** For the last pieces and the playlists that say that it is over. */
const FAREWELL_MILLISECONDS = 2_000;
/** What waits to be removed at the receiver; the oldest of more than so much stays there. */
const REMOVALS_MOST = 200;
const MANIFEST = "manifest.mpd";

/**
 * Sends a ladder on as DASH and HLS ingest over HTTP: every fragment as soon as it is whole, then the playlists that name it. What the
 * receiver does not take is tried again for as long as a playlist names it, so that the backlog is never longer than the playlist.
 * A receiver that was away gets all of that anew, since it may have forgotten what it had.
 */
export class CmafSender implements OutputSender {
  readonly localUrl: string;
  readonly #directory: string;
  readonly #client: UploadClient;
  /** Names of fragments that the receiver has; of playlists, what it has of them. */
  readonly #sentMedia = new Set<string>();
  readonly #sentPlaylists = new Map<string, string>();
  readonly #removals: string[] = [];
  #removing: Promise<void> | null = null;
  readonly #stopping = new AbortController();
  readonly #work: Promise<void>;
  /** When the directory last changed, once all of it is sent; each file comes into it by being renamed. */
  #settledAt: number | null = null;
  #state: OutputSenderState = { isConnected: false, bytes: 0, problem: null, isAddressRefused: false };
  #closing: Promise<void> | null = null;

  constructor({ directory, encoderDirectory, ...client }: CmafSenderOptions) {
    this.#directory = directory;
    // What an earlier run left belongs to nobody.
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    this.localUrl = join(relative(encoderDirectory, directory), MANIFEST);
    this.#client = new UploadClient(client);
    this.#work = this.#run();
  }

  state(): OutputSenderState {
    return this.#state;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    const deadline = new AbortController();
    const farewell = this.#work.then(() => (this.#state.isConnected ? this.#sendAll(true) : null)).then(() => this.#removing);
    await Promise.race([farewell, sleep(FAREWELL_MILLISECONDS, null, { signal: deadline.signal }).catch(() => null)]);
    deadline.abort();
    // Whatever is still under way ends with its connection.
    this.#client.close();
    await farewell;
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isFine = await this.#sendAll(false);
      await sleep(isFine ? LOOK_MILLISECONDS : RETRY_MILLISECONDS, null, { signal }).catch(() => null);
    }
  }

  /** Sends what the receiver has not; false when it did not take something. */
  async #sendAll(isOver: boolean): Promise<boolean> {
    const changedAt = await stat(this.#directory).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (changedAt !== null && changedAt === this.#settledAt && !isOver) return true;
    const lookedAt = Date.now();
    const isFine = await this.#sendNew(isOver);
    // What changes within one step of the file system's clock leaves the same time.
    this.#settledAt = isFine && changedAt !== null && lookedAt - changedAt > CLOCK_STEP_MILLISECONDS ? changedAt : null;
    return isFine;
  }

  async #sendNew(isOver: boolean): Promise<boolean> {
    // Read before the fragments are listed: all that they name is there by then.
    const playlists = await this.#readPlaylists(isOver);
    const names = await readdir(this.#directory).catch(() => []);
    const { wanted, gone } = cmafFiles(playlists, names, this.#sentMedia);
    const isTaken = await this.#sendMedia(wanted);
    if (!isTaken) return false;
    for (const { name, text } of playlists) {
      if (this.#sentPlaylists.get(name) === text) continue;
      if (!this.#note(await this.#client.put({ name, body: { text } }))) return false;
      this.#sentPlaylists.set(name, text);
    }
    this.#forget(gone);
    return true;
  }

  /** Several at a time, so that a large one does not hold up the others. */
  async #sendMedia(names: readonly string[]): Promise<boolean> {
    const waiting = [...names];
    let isTaken = true;
    const sendOneByOne = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined && isTaken; name = waiting.shift()) {
        const end = await this.#client.put({ name, body: { path: join(this.#directory, name) } });
        if (this.#note(end)) this.#sentMedia.add(name);
        else isTaken = false;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_UPLOADS }, sendOneByOne));
    return isTaken;
  }

  /** The encoder removed them: what no playlist names any more is removed at the receiver too, beside the uploads. */
  #forget(names: readonly string[]): void {
    for (const name of names) this.#sentMedia.delete(name);
    this.#removals.push(...names);
    this.#removals.splice(0, Math.max(0, this.#removals.length - REMOVALS_MOST));
    if (this.#removals.length > 0) this.#removing ??= this.#removeOneByOne().finally(() => (this.#removing = null));
  }

  async #removeOneByOne(): Promise<void> {
    for (let name = this.#removals.shift(); name !== undefined; name = this.#removals.shift()) await this.#client.delete(name);
  }

  /** True when the receiver has it now, or need not have it. */
  #note(end: UploadEnd): boolean {
    const { bytes } = this.#state;
    if (end.kind === "GONE") return true;
    if (end.kind === "TAKEN") {
      this.#state = { isConnected: true, bytes: bytes + end.bytes, problem: null, isAddressRefused: false };
      return true;
    }
    this.#state = { isConnected: false, bytes, problem: describe(end), isAddressRefused: end.kind === "ADDRESS_REFUSED" };
    if (!isPassing(end)) {
      this.#sentMedia.clear();
      this.#sentPlaylists.clear();
    }
    return false;
  }

  /** Media playlists first, then those that name playlists, the manifest last. An encoder that is replaced ends its own: nobody is told so. */
  async #readPlaylists(isOver: boolean): Promise<readonly CmafPlaylist[]> {
    const names = (await readdir(this.#directory).catch(() => [])).filter((name) => readCmafName(name).kind === "PLAYLIST");
    const read = await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(this.#directory, name), "utf8").catch(() => "") })),
    );
    // The first time, the encoder writes the playlist of playlists before it has made all of them.
    const isWhole = (text: string): boolean => Array.from(text.matchAll(/[a-z0-9_]+\.m3u8/g)).every(([name]) => names.includes(name));
    const isDue = (text: string): boolean => isOver || !/#EXT-X-ENDLIST|type="static"/.test(text);
    const isShown = ({ text }: CmafPlaylist): boolean => text !== "" && isDue(text) && isWhole(text);
    const rank = ({ name }: CmafPlaylist): number => (name === MANIFEST ? 2 : name.startsWith("media_") ? 0 : 1);
    return read.filter(isShown).toSorted((one, other) => rank(one) - rank(other));
  }
}

/** Whether the receiver still has what it took before. */
function isPassing(end: UploadEnd): boolean {
  return end.kind === "REFUSED" && (end.status >= 500 || end.status === 429 || end.status === 408);
}

function describe(end: Exclude<UploadEnd, { kind: "TAKEN" | "GONE" }>): string {
  switch (end.kind) {
    case "REFUSED":
      return end.status >= 300 && end.status < 400
        ? `The receiver redirects (HTTP status ${end.status}), which is not followed.`
        : `The receiver does not take it: HTTP status ${end.status}.`;
    case "BROKEN":
      return end.code === "ETIMEDOUT" ? "The receiver does not answer in time." : `The receiver cannot be reached (${end.code}).`;
    case "ADDRESS_REFUSED":
    case "UNRESOLVED":
      return end.message;
  }
}
