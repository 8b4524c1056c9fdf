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
  const { changeLog, organizationId } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let position = options.position;

  /** Null: nothing now, wait. */
  async function advance(): Promise<StreamEvent | null> {
    if (position.step) return advanceByPage(position.step.to, position.step.id);
    const answer = changeLog.after(position.from, organizationId);
    if (answer.kind === "older") return advanceByPage(answer.to, 0);
    if (answer.kind === "nothing") {
      position = behindStep(position, answer.to);
      return null;
    }
    const told = takeRows(options, position, answer);
    position = behindStep(position, answer.to);
    return told ?? advance();
  }

  async function advanceByPage(to: bigint, afterId: number): Promise<StreamEvent | null> {
    const { object } = options;
    const page = await changeLog.readPage({ organizationId, object, from: position.from, to, afterId, limit: BATCH_LIMIT });
    if (position.from < page.keptFrom) {
      position = positionAt(page.keptFrom);
      return { kind: "lagged", position };
    }
    const told = takeRows(options, position, { to, rows: page.rows });
    const last = page.rows.at(-1);
    position = last && page.rows.length === BATCH_LIMIT ? within(position, to, last.id) : behindStep(position, to);
    return told ?? advance();
  }

  return {
    async next(until) {
      while (!signal.aborted) {
        const event = await retrying(options.log, signal, advance);
        if (signal.aborted) break;
        if (event) return event;
        if (until && until.getTime() <= Date.now()) return { kind: "quiet", position };
        await rowsOrTime({ changeLog, organizationId, signal, until });
      }
      return { kind: "closed" };
    },
    close: () => closing.abort(),
  };
}

/** Rows of a step that the reader has not seen yet, each with its position; null when there are none. */
function takeRows(
  { object }: ChangeStreamOptions,
  position: Position,
  { to, rows }: { readonly to: bigint; readonly rows: readonly LoggedChange[] },
): StreamEvent | null {
  const changes = rows
    .filter((change) => change.object === object && !wasSeen(position.views, change))
    .map((change) => ({ change, position: within(position, to, change.id) }));
  return changes.length > 0 ? { kind: "changes", changes } : null;
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
  readonly signal: AbortSignal;
  readonly until: Date | null;
}

function rowsOrTime({ changeLog, organizationId, signal, until }: Waiting): Promise<void> {
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
