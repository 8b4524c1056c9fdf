import type { Readable } from "node:stream";
import type { Logger } from "../shared/log.ts";
import { isStorageError } from "./output-problem.ts";
import type { PlannedStill } from "./process-plan.rules.ts";
import type { ProcessLaunch } from "./runner.ts";
import { createStillReader } from "./still-reader.ts";
import { readStill, writeStill, type StillContent } from "./still-store.ts";

export interface StillMakerOptions {
  readonly process: ProcessLaunch;
  readonly mediaRoot: string;
  readonly isStorageLow: () => boolean;
  readonly log: Logger;
}

/** What is known of one thumbnail or motion clip. */
export interface StillState {
  /** Null before there is any. */
  readonly content: StillContent | null;
  /** When the encoder last made one, by `performance.now()`; when it was begun, where it has not yet. */
  readonly madeAt: number | null;
  /** Why the last one could not be written, as a sentence. */
  readonly problem: { readonly reason: string; readonly isStorage: boolean } | null;
}

/** Keeps the latest content of one thumbnail or motion clip under its name. */
export class StillMaker {
  readonly #options: StillMakerOptions;
  #content: StillContent | null;
  #madeAt: number | null = null;
  #problem: StillState["problem"] = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: StillMakerOptions) {
    const { mediaRoot, process } = options;
    this.#options = options;
    this.#content = readStill(mediaRoot, process.pathToken, this.#kind);
  }

  /** Takes what an encoder process makes from now on, for all that want the same. */
  static follow(tap: Readable, still: PlannedStill, makers: readonly StillMaker[]): void {
    const reader = createStillReader(still);
    let isBroken = false;
    for (const maker of makers) maker.#madeAt = performance.now();
    tap.on("error", () => undefined);
    tap.on("data", (chunk: Buffer) => {
      if (isBroken) return;
      try {
        for (const content of reader.push(chunk)) for (const maker of makers) maker.#take(content);
      } catch (error) {
        isBroken = true;
        for (const maker of makers) maker.#noteProblem(error);
      }
    });
  }

  get state(): StillState {
    return { content: this.#content, madeAt: this.#madeAt, problem: this.#problem };
  }

  /** Resolves once everything that came is written. */
  async settle(): Promise<void> {
    await this.#work;
  }

  get #kind(): PlannedStill["kind"] {
    return this.#options.process.kind === "THUMBNAIL" ? "THUMBNAIL" : "MOTION_CLIP";
  }

  #take(content: Buffer): void {
    this.#madeAt = performance.now();
    const { mediaRoot, process, isStorageLow } = this.#options;
    if (isStorageLow()) return;
    this.#work = this.#work.then(async () => {
      try {
        this.#content = await writeStill(mediaRoot, process.pathToken, this.#kind, content);
        this.#problem = null;
      } catch (error) {
        this.#noteProblem(error);
      }
    });
  }

  #noteProblem(error: unknown): void {
    this.#options.log.error({ err: error }, "a thumbnail or motion clip could not be written");
    const isStorage = isStorageError(error);
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const reason = isStorage ? "There is no room left on the encoder's disk." : `It cannot be written on this machine${code}.`;
    this.#problem = { reason, isStorage };
  }
}
