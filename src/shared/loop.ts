/** Work that is done again and again, never twice at once. */
export interface Loop {
  /** Runs soon instead of at the next interval; wakes that come while it runs make it run once more. */
  readonly wake: () => void;
  /** Ends it; resolves once a run that is under way is done. Idempotent. */
  readonly close: () => Promise<void>;
}

export interface LoopOptions {
  /** The longest pause between two runs. */
  readonly everyMilliseconds: number;
  /** The shortest pause between two runs, however often it is woken. */
  readonly pauseMilliseconds: number;
  readonly work: () => Promise<void>;
  /** Told of every run that failed, with how many have in a row; the next one comes later the more there were. */
  readonly onError: (error: unknown, failures: number) => void;
}

/** Longest wait after runs that failed, as a multiple of the interval; short, since what failed may be back at any time. */
const BACK_OFF_LIMIT = 2;
/** A loop that is woken all the time still leaves this many parts of the time to others. */
const REST_RATIO = 3;

/** Starts at once. A run that takes long is followed by a longer pause, so that no loop ever fills its process. */
export function startLoop({ everyMilliseconds, pauseMilliseconds, work, onError }: LoopOptions): Loop {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let isWoken = false;
  let isClosed = false;
  let failures = 0;
  let mayRunAt = 0;

  function schedule(milliseconds: number): void {
    if (timer) clearTimeout(timer);
    timer = isClosed ? null : setTimeout(run, milliseconds);
  }

  function run(): void {
    timer = null;
    isWoken = false;
    running = attempt().finally(() => {
      running = null;
      schedule(isWoken ? Math.max(0, mayRunAt - performance.now()) : nextInterval());
    });
  }

  async function attempt(): Promise<void> {
    const startedAt = performance.now();
    try {
      await work();
      failures = 0;
    } catch (error) {
      failures += 1;
      onError(error, failures);
    }
    const rest = Math.min((performance.now() - startedAt) * REST_RATIO, everyMilliseconds);
    mayRunAt = performance.now() + (failures > 0 ? nextInterval() : Math.max(pauseMilliseconds, rest));
  }

  function nextInterval(): number {
    return failures === 0 ? everyMilliseconds : Math.min(pauseMilliseconds * 2 ** failures, everyMilliseconds * BACK_OFF_LIMIT);
  }

  function wake(): void {
    if (isClosed || isWoken) return;
    isWoken = true;
    if (!running) schedule(Math.max(0, mayRunAt - performance.now()));
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (timer) clearTimeout(timer);
    await running;
  }

  run();
  return { wake, close };
}
