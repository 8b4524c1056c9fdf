/** What is sent in one piece: a text, or one around bytes that many readers are sent alike, which are in memory once for all of them. */
export interface Frame {
  readonly start: string;
  /** In UTF-8. */
  readonly shared: Buffer;
  readonly end: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** A text for one reader alone. */
export function textFrame(text: string): Frame {
  return { start: text, shared: NOTHING, end: NOTHING };
}

/** Where frames go: a socket, or the stream of a response. */
export interface Pipe {
  /**
   * True: the network has taken all of the frame at once, or never will take it. Else calls `onTaken` when it has or never will, later,
   * in the order of the frames.
   */
  readonly write: (frame: Frame, onTaken: () => void) => boolean;
  /** Bytes that were written and the network has not taken. */
  readonly unsent: () => number;
  /** Ends the connection of a reader that is too slow. It comes back, and goes on behind what it got. */
  readonly giveUp: () => void;
}

/** The way out to one reader: holds back what it does not take in time, and gives it up when that lasts or grows too much. */
export interface Outlet {
  /** Sends a frame behind those before. Live ones count against the reader; those that it asked for as it took others do not. */
  readonly send: (frame: Frame, isLive: boolean) => void;
  /** Whether the reader has taken nearly everything. */
  readonly isDrained: () => boolean;
  /** Resolves when it has; null when it has already. */
  readonly drained: () => Promise<void> | null;
  /** When a reader that lagged took something last, in milliseconds of `performance.now`. */
  readonly takenAt: () => number;
  /** Calls `end` once nothing more can be sent; gives the function that takes it back. */
  readonly onEnd: (end: () => void) => () => void;
  /** Takes nothing more, and resolves when what it had is taken. */
  readonly finish: () => Promise<void>;
  /** Takes nothing more and drops what it had. */
  readonly end: () => void;
}

/** The outlets of one server. */
export interface Outlets {
  readonly open: (pipe: Pipe) => Outlet;
  readonly close: () => void;
}

/** What is live and unsent for one reader at most. */
export const UNSENT_LIMIT_BYTES = 1_048_576;
/** A reader may have more before it for so long: what happens at once is sent at once, and no fault of its own. */
const BURST_MILLISECONDS = 1_000;
/** Longest time in which a reader takes nothing while something live waits for it. */
export const STALL_MILLISECONDS = 5_000;

const CHECK_MILLISECONDS = 500;
/** Written at a time: the network tells that it took all of a write, and nothing of a part. */
const PORTION_BYTES = 65_536;
/** With so little left a reader is asked whether it wants more. */
const DRAINED_BYTES = 16_384;

interface Watched {
  /** `now` in milliseconds of `performance.now`. */
  readonly check: (now: number) => void;
}

export function createOutlets(): Outlets {
  /** Those with something unsent: few, however many there are. */
  const watched = new Set<Watched>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const outlet of watched) outlet.check(now);
  }, CHECK_MILLISECONDS);
  timer.unref();
  return {
    open: (pipe) => openOutlet(pipe, watched),
    close: () => clearInterval(timer),
  };
}

interface Sent {
  readonly frame: Frame;
  readonly bytes: number;
  readonly isLive: boolean;
}

function openOutlet(pipe: Pipe, watched: Set<Watched>): Outlet {
  let queue: Sent[] = [];
  let queuedBytes = 0;
  /** Of what is unsent, so much is live; of what was written and is not taken, so much of each frame. */
  let liveBytes = 0;
  const writtenLiveBytes: number[] = [];
  /** Since when there has been something live; since when there has been more than a drained reader has. */
  let liveSince = 0;
  let undrainedSince: number | null = null;
  let takenAt = 0;
  let isOpen = true;
  let whenDrained: (() => void)[] = [];
  let whenEmpty: (() => void)[] = [];
  const ends = new Set<() => void>();

  const unsent = (): number => pipe.unsent() + queuedBytes;
  const isDrained = (): boolean => !isOpen || unsent() <= DRAINED_BYTES;

  function send(frame: Frame, isLive: boolean): void {
    if (!isOpen) return;
    const isHeldBack = queuedBytes > 0 || pipe.unsent() >= PORTION_BYTES;
    // Nearly all are taken at once: of those nothing has to be known.
    if (!isHeldBack && pipe.write(frame, onTaken)) return;
    const bytes = frame.start.length + frame.shared.length + frame.end.length;
    if (isLive) {
      if (liveBytes === 0) liveSince = performance.now();
      liveBytes += bytes;
    }
    if (isHeldBack) {
      queue.push({ frame, bytes, isLive });
      queuedBytes += bytes;
    } else writtenLiveBytes.push(isLive ? bytes : 0);
    noteUnsent(unsent());
  }

  function noteUnsent(left: number): void {
    if (!watched.has(self)) takenAt = performance.now();
    watched.add(self);
    if (left > DRAINED_BYTES) undrainedSince ??= performance.now();
  }

  function onTaken(): void {
    liveBytes -= writtenLiveBytes.shift() ?? 0;
    if (!watched.has(self)) return;
    takenAt = performance.now();
    while (queuedBytes > 0 && pipe.unsent() < PORTION_BYTES) writePortion();
    const left = unsent();
    if (left > DRAINED_BYTES) return;
    undrainedSince = null;
    whenDrained = callAll(whenDrained);
    if (left > 0) return;
    watched.delete(self);
    whenEmpty = callAll(whenEmpty);
  }

  function writePortion(): void {
    const portion: Sent[] = [];
    for (let bytes = pipe.unsent(); bytes < PORTION_BYTES && portion.length < queue.length; bytes += portion.at(-1)?.bytes ?? 0) {
      const next = queue[portion.length];
      if (next) portion.push(next);
    }
    queue = queue.slice(portion.length);
    for (const { frame, bytes, isLive } of portion) {
      queuedBytes -= bytes;
      const ofLive = isLive ? bytes : 0;
      if (pipe.write(frame, onTaken)) liveBytes -= ofLive;
      else writtenLiveBytes.push(ofLive);
    }
  }

  function giveUp(): void {
    end();
    pipe.giveUp();
  }

  function stop(): void {
    isOpen = false;
    for (const each of ends) each();
    ends.clear();
  }

  function end(): void {
    stop();
    queue = [];
    queuedBytes = 0;
    watched.delete(self);
    whenDrained = callAll(whenDrained);
    whenEmpty = callAll(whenEmpty);
  }

  const self: Watched = {
    check(now) {
      if (liveBytes === 0) return;
      const hasStalled = now - Math.max(takenAt, liveSince) >= STALL_MILLISECONDS;
      const isFarBehind = liveBytes > UNSENT_LIMIT_BYTES && undrainedSince !== null && now - undrainedSince >= BURST_MILLISECONDS;
      if (hasStalled || isFarBehind) giveUp();
    },
  };

  return {
    send,
    isDrained,
    drained: () => (isDrained() ? null : new Promise((resolve) => whenDrained.push(resolve))),
    takenAt: () => takenAt,
    onEnd(each) {
      if (isOpen) ends.add(each);
      else each();
      return () => ends.delete(each);
    },
    async finish() {
      stop();
      if (unsent() > 0) await new Promise<void>((resolve) => whenEmpty.push(resolve));
    },
    end,
  };
}

function callAll(waiting: readonly (() => void)[]): (() => void)[] {
  for (const each of waiting) each();
  return [];
}
