import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../shared/log.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { ChangeLog } from "./change-log.ts";
import type { ChangedObject } from "./change.rules.ts";
import type { LoggedChange } from "./change.store.ts";
import { positionAt, remainingViews, wasSeen, type Position } from "./position.ts";

/** Rows of one page when the log is read from the database, and of one batch. */
const BATCH_LIMIT = 200;
const RETRY_MILLISECONDS = 500;
/** How long a reader waits for the database to come back before its subscription ends with an error. */
const RETRY_LIMIT = 240;

/** A row with the position just behind it. */
export interface PositionedChange {
  readonly change: LoggedChange;
  readonly position: Position;
}

/**
 * What a reader is told. `changes`: at least one, in commit order of each object. `lagged`: what follows its position is no longer
 * kept; the stream goes on from the oldest kept. `quiet`: nothing until the time that was asked for.
 */
export type StreamEvent =
  | { readonly kind: "changes"; readonly changes: readonly PositionedChange[] }
  | { readonly kind: "lagged"; readonly position: Position }
  | { readonly kind: "quiet"; readonly position: Position }
  | { readonly kind: "closed" };

/** One reader's way through the log. It holds a position and no queue: who does not ask is not served, and costs nothing. */
export interface ChangeStream {
  /** The next rows, or `quiet` when there are none until `until` (null: waits for ever). One call at a time. */
  readonly next: (until: Date | null) => Promise<StreamEvent>;
  /** Ends a waiting `next` at once. */
  readonly close: () => void;
}

export interface ChangeStreamOptions {
  readonly changeLog: ChangeLog;
  readonly log: Logger;
  readonly organizationId: string;
  readonly object: ChangedObject;
  readonly position: Position;
}

export function createChangeStream(options: ChangeStreamOptions): ChangeStream {
  const { changeLog, log, organizationId, object } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let position = options.position;
  /** Rows of the step at hand that come next, as the ring holds them for everybody. */
  let ahead: { readonly to: bigint; readonly rows: readonly LoggedChange[]; readonly index: number } | null = null;

  /** `null`: nothing now. `[]`: rows that are none of this reader's, go on. */
  async function advance(): Promise<StreamEvent | readonly [] | null> {
    if (ahead) return takeAhead(ahead);
    if (position.step) return takePage(position.step.to, position.step.id);
    const answer = changeLog.after(position.from, organizationId);
    if (answer.kind === "older") return takePage(answer.to, 0);
    if (answer.kind === "step") return takeAhead({ to: answer.to, rows: answer.rows, index: 0 });
    position = behindStep(position, answer.to);
    return null;
  }

  function takeAhead({ to, rows, index }: NonNullable<typeof ahead>): StreamEvent | readonly [] {
    const next = index + BATCH_LIMIT;
    const event = tell(rows.slice(index, next), to);
    ahead = next < rows.length ? { to, rows, index: next } : null;
    if (!ahead) position = behindStep(position, to);
    return event;
  }

  async function takePage(to: bigint, afterId: number): Promise<StreamEvent | readonly []> {
    const page = await changeLog.readPage({ organizationId, object, from: position.from, to, afterId, limit: BATCH_LIMIT });
    if (position.from < page.keptFrom) {
      position = positionAt(page.keptFrom);
      return { kind: "lagged", position };
    }
    const event = tell(page.rows, to);
    const last = page.rows.at(-1);
    position = last && page.rows.length === BATCH_LIMIT ? within(position, to, last.id) : behindStep(position, to);
    return event;
  }

  function tell(rows: readonly LoggedChange[], to: bigint): StreamEvent | readonly [] {
    const changes = rows
      .filter((change) => change.object === object && !wasSeen(position.views, change))
      .map((change) => ({ change, position: within(position, to, change.id) }));
    return changes.length > 0 ? { kind: "changes", changes } : [];
  }

  async function next(until: Date | null): Promise<StreamEvent> {
    while (!signal.aborted) {
      const event = await retrying(log, signal, advance);
      if (event && "kind" in event) return event;
      if (event || signal.aborted) continue;
      if (until && until.getTime() <= Date.now()) return { kind: "quiet", position };
      await rowsOrTime({ changeLog, organizationId, from: position.from, signal, until });
    }
    return { kind: "closed" };
  }

  return { next, close: () => closing.abort() };
}

function within(position: Position, to: bigint, id: number): Position {
  return { ...position, step: { to, id } };
}

function behindStep({ from, views, isPartial }: Position, to: bigint): Position {
  // The horizon that this process has read up to may lie before a position that another one gave out.
  const reached = to > from ? to : from;
  return { from: reached, step: null, views: remainingViews(views, reached), isPartial };
}

interface Waiting {
  readonly changeLog: ChangeLog;
  readonly organizationId: string;
  readonly from: bigint;
  readonly signal: AbortSignal;
  readonly until: Date | null;
}

function rowsOrTime({ changeLog, organizationId, from, signal, until }: Waiting): Promise<void> {
  return new Promise((resolve) => {
    const timer = until && setTimeout(wake, Math.max(0, until.getTime() - Date.now()));
    const leave = changeLog.onceRowsFor(organizationId, wake);
    signal.addEventListener("abort", wake, { once: true });
    function wake(): void {
      if (timer) clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      leave();
      resolve();
    }
    // What came between the last look and this waiting has called nobody.
    if (changeLog.after(from, organizationId).kind !== "nothing") wake();
  });
}

/** An interruption of the database is waited out: the position stays, and nothing is lost by it. */
async function retrying<T>(log: Logger, signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === RETRY_LIMIT)
        throw new Fault(FaultCode.SERVICE_UNAVAILABLE, "The change log cannot be read now. Resume after your last cursor.", {
          cause: error,
        });
      if (attempt === 1) log.warn({ err: error }, "a subscription waits for the database");
      await wait(RETRY_MILLISECONDS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
  return null;
}
