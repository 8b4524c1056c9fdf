import type { ResolveHost } from "./resolve.ts";

export interface Deadline {
  readonly milliseconds: number;
  /** Stops it before. */
  readonly signal: AbortSignal | null;
}

/** Runs an action whose signal says when its time is over, or that it is not wanted any more. Nothing stays on the outer signal. */
export async function withDeadline<T>({ milliseconds, signal }: Deadline, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, milliseconds);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await action(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** The same lookup, but that nobody waits for it once the signal came: a lookup itself cannot be called off. */
export function untilAborted(resolve: ResolveHost, signal: AbortSignal): ResolveHost {
  return async (host) => {
    let stop = (): void => undefined;
    const aborted = new Promise<Awaited<ReturnType<ResolveHost>>>((settle) => {
      stop = () => settle({ kind: "UNRESOLVED", message: "The lookup was given up." });
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
    });
    return Promise.race([aborted, resolve(host)]).finally(() => signal.removeEventListener("abort", stop));
  };
}
