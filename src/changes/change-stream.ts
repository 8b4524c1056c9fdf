import type { Logger } from "../shared/log.ts";
import type { ChangeLog } from "./change-log.ts";
import type { ChangedObject } from "./change.rules.ts";
import type { LoggedChange } from "./change.store.ts";
import { withPatience } from "./patience.ts";
import { advanceTo, oldestUnseen, positionAt, snapshotBefore, wasSeen, type Position, type Snapshot } from "./position.ts";

/** Rows of one page when the log is read from the database, and of one batch. */
const BATCH_LIMIT = 200;

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
  /** The next rows, or `quiet` when there are none for so long (null: waits for ever). One call at a time. */
  readonly next: (milliseconds: number | null) => Promise<StreamEvent>;
  /** Ends a waiting `next` at once. */
  readonly close: () => void;
}

export interface ChangeStreamOptions {
  readonly changeLog: ChangeLog;
  readonly log: Logger;
  readonly organizationId: string;
  /** Kinds of object whose changes are told. */
  readonly objects: readonly ChangedObject[];
  readonly position: Position;
}

export function createChangeStream(options: ChangeStreamOptions): ChangeStream {
  const { changeLog, log, organizationId, objects } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let position = options.position;
  /** Rows of the step at hand that come next, as the ring holds them for everybody. */
  let ahead: { readonly to: Snapshot; readonly rows: readonly LoggedChange[]; readonly index: number } | null = null;

  /** `null`: nothing now. `[]`: rows that are none of this reader's, go on. */
  async function advance(): Promise<StreamEvent | readonly [] | null> {
    if (ahead) return takeAhead(ahead);
    if (position.step) return takePage(position.step.to, position.step.id);
    const answer = changeLog.after(position.snapshot, organizationId);
    if (answer.kind === "older") return takePage(answer.to, null);
    if (answer.kind === "nothing") {
      position = advanceTo(position, answer.to);
      return null;
    }
    position = advanceTo(position, answer.from);
    return takeAhead({ to: answer.to, rows: answer.rows, index: 0 });
  }

  function takeAhead({ to, rows, index }: NonNullable<typeof ahead>): StreamEvent | readonly [] {
    const next = index + BATCH_LIMIT;
    const event = tell(rows.slice(index, next), to);
    ahead = next < rows.length ? { to, rows, index: next } : null;
    if (!ahead) position = advanceTo(position, to);
    return event;
  }

  async function takePage(to: Snapshot, afterId: number | null): Promise<StreamEvent | readonly []> {
    const page = await changeLog.readPage({ organizationId, objects, from: position.snapshot, to, afterId, limit: BATCH_LIMIT });
    if (oldestUnseen(position.snapshot) < page.keptFrom) {
      position = positionAt(snapshotBefore(page.keptFrom));
      return { kind: "lagged", position };
    }
    const event = tell(page.rows, to);
    position = page.throughId === null ? advanceTo(position, to) : { ...position, step: { to, id: page.throughId } };
    return event;
  }

  function tell(rows: readonly LoggedChange[], to: Snapshot): StreamEvent | readonly [] {
    const changes = rows
      .filter((change) => objects.includes(change.object) && !wasSeen(position, change))
      .map((change) => ({ change, position: { ...position, step: { to, id: change.id } } }));
    return changes.length > 0 ? { kind: "changes", changes } : [];
  }

  async function next(milliseconds: number | null): Promise<StreamEvent> {
    const until = milliseconds === null ? null : Date.now() + milliseconds;
    while (!signal.aborted) {
      const event = await withPatience(log, signal, advance);
      if (event && "kind" in event) return event;
      if (event || signal.aborted) continue;
      if (until !== null && until <= Date.now()) return { kind: "quiet", position };
      await rowsOrTime({ changeLog, organizationId, position: position.snapshot, signal, until });
    }
    return { kind: "closed" };
  }

  return { next, close: () => closing.abort() };
}

interface Waiting {
  readonly changeLog: ChangeLog;
  readonly organizationId: string;
  readonly position: Snapshot;
  readonly signal: AbortSignal;
  /** In milliseconds of `Date.now`. */
  readonly until: number | null;
}

function rowsOrTime({ changeLog, organizationId, position, signal, until }: Waiting): Promise<void> {
  return new Promise((resolve) => {
    const timer = until === null ? null : setTimeout(wake, Math.max(0, until - Date.now()));
    const leave = changeLog.onceRowsFor(organizationId, wake);
    signal.addEventListener("abort", wake, { once: true });
    function wake(): void {
      if (timer) clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      leave();
      resolve();
    }
    // What came between the last look and this waiting has called nobody.
    if (changeLog.after(position, organizationId).kind !== "nothing") wake();
  });
}
