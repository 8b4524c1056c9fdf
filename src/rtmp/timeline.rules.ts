/** FLV of ffmpeg has 31 bits of milliseconds, which is 24.8 days. */
const WRAP = 2 ** 31;
/** What lies between the last frame of one stream and the first of the next, at the least. */
const SEAM_MILLISECONDS = 40;

/**
 * Lays streams whose times begin anew, as those of a restarted encoder, on one timeline that goes on; what lay between
 * two streams in real time lies between them there. Milliseconds; the caller wraps what it gives out.
 */
export class Timeline {
  #position = 0;
  #latest = 0;
  #previous: number | null = null;
  #lastAt: number | null = null;

  /** Where the timeline stands: the time of what has none of its own. */
  get position(): number {
    return this.#latest;
  }

  /** The times that follow are those of another stream. */
  begin(): void {
    this.#previous = null;
  }

  /** Where a frame with this time lies; `now` is monotonic, in milliseconds. */
  place(timestamp: number, now: number): number {
    if (this.#previous === null) {
      this.#position = this.#lastAt === null ? 0 : this.#latest + Math.max(SEAM_MILLISECONDS, Math.round(now - this.#lastAt));
    } else {
      this.#position = Math.max(0, this.#position + difference(timestamp, this.#previous));
    }
    this.#previous = timestamp;
    this.#lastAt = now;
    this.#latest = Math.max(this.#latest, this.#position);
    return this.#position;
  }
}

/** From one time to another the short way round. */
function difference(to: number, from: number): number {
  const ahead = (((to - from) % WRAP) + WRAP) % WRAP;
  return ahead < WRAP / 2 ? ahead : ahead - WRAP;
}
