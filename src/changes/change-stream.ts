import type { Logger } from "../shared/log.ts";
import type { ChangeLog } from "./change-log.ts";
import { BATCH_LIMIT, type RowBatch } from "./change-ring.ts";
import type { ChangedObject } from "./change.rules.ts";
import { withPatience } from "./patience.ts";
import { advanceTo, isPlain, oldestUnseen, positionAt, snapshotBefore, type Position, type Snapshot } from "./position.ts";

/** Rows of one step that a reader comes to next, with those that are none of its own: of other objects, or seen by other means. */
export interface TakenRows {
  /** In the order of ids. */
  readonly rows: RowBatch;
  /** The reader's position before all of the step. */
  readonly before: Position;
  /** Up to where the step goes. */
  readonly to: Snapshot;
}

/**
 * What a reader comes to. `rows`: in commit order of each object, or none. `lagged`: what follows its position is no longer kept; the
 * stream goes on from the oldest kept.
 */
export type StreamEvent = { readonly kind: "rows"; readonly taken: TakenRows } | { readonly kind: "lagged"; readonly position: Position };

/** One reader's way through the log. It holds a position and no queue: who does not take is not served, and costs nothing. */
export interface ChangeStream {
  /** Resolves when there is something to take, after so long (null: for ever), or when it is closed; null: at once. */
  readonly ready: (milliseconds: number | null) => Promise<void> | null;
  /** What comes next, from memory or from the database; null when nothing does. One call at a time. */
  readonly take: () => StreamEvent | Promise<StreamEvent> | null;
  /** Whether there is nothing to take. */
  readonly isLive: () => boolean;
  /** Everything up to here was taken, but for what is left of a step that was begun. */
  readonly position: () => Position;
  /** Another reader at the same place. */
  readonly fork: () => ChangeStream;
  /** Ends a waiting `ready` at once. */
  readonly close: () => void;
}

/** What is left of a step, as the ring holds it for everybody. */
interface StepAhead {
  readonly to: Snapshot;
  readonly batches: readonly RowBatch[];
  readonly index: number;
}

export interface ChangeStreamOptions {
  readonly changeLog: ChangeLog;
  readonly log: Logger;
  readonly organizationId: string;
  readonly objects: readonly ChangedObject[];
  readonly position: Position;
  readonly ahead?: StepAhead | null;
}

/** After so long a reader that knows more than the log was read for looks whether the log has caught up. */
const PLAIN_MILLISECONDS = 1_000;

/** The position just behind a row of a step. */
export function positionBehind({ before, to }: TakenRows, id: number): Position {
  return { ...before, step: { to, id } };
}

export function createChangeStream(options: ChangeStreamOptions): ChangeStream {
  const { changeLog, log, organizationId, objects } = options;
  let { position, ahead = null } = options;
  let isClosed = false;
  let wake: () => void = () => undefined;

  function take(): StreamEvent | Promise<StreamEvent> | null {
    if (ahead) return takeAhead(ahead);
    if (position.step) return takePage(position.step.to, position.step.id);
    const answer = changeLog.after(position.snapshot, organizationId);
    if (answer.kind === "older") return takePage(answer.to, null);
    if (answer.kind === "nothing") {
      position = advanceTo(position, answer.to);
      return null;
    }
    position = advanceTo(position, answer.from);
    return takeAhead({ to: answer.to, batches: answer.batches, index: 0 });
  }

  function takeAhead({ to, batches, index }: StepAhead): StreamEvent {
    const before = position;
    ahead = index + 1 < batches.length ? { to, batches, index: index + 1 } : null;
    if (!ahead) position = advanceTo(position, to);
    return { kind: "rows", taken: { rows: batches[index] ?? [], before, to } };
  }

  async function takePage(to: Snapshot, afterId: number | null): Promise<StreamEvent> {
    const before = position;
    const asked = { organizationId, objects, from: before.snapshot, to, afterId, limit: BATCH_LIMIT };
    const page = await withPatience(
      log,
      () => isClosed,
      () => changeLog.readPage(asked),
    );
    if (!page) return { kind: "rows", taken: { rows: [], before, to } };
    if (oldestUnseen(before.snapshot) < page.keptFrom) {
      position = positionAt(snapshotBefore(page.keptFrom));
      return { kind: "lagged", position };
    }
    position = page.throughId === null ? advanceTo(before, to) : { ...before, step: { to, id: page.throughId } };
    return { kind: "rows", taken: { rows: page.rows, before, to } };
  }

  /** Moves up to where the log was read, when none of its rows lie in between. */
  function isLive(): boolean {
    if (ahead !== null || position.step !== null) return false;
    const answer = changeLog.after(position.snapshot, organizationId);
    if (answer.kind !== "nothing") return false;
    if (!isPlain(position)) position = advanceTo(position, answer.to);
    return true;
  }

  function ready(milliseconds: number | null): Promise<void> | null {
    if (isClosed || !isLive()) return null;
    const longest = isPlain(position) ? milliseconds : Math.min(milliseconds ?? Infinity, PLAIN_MILLISECONDS);
    return new Promise((resolve) => {
      const timer = longest === null ? null : setTimeout(wakeUp, longest);
      const leave = changeLog.onceRowsFor(organizationId, wakeUp);
      function wakeUp(): void {
        if (timer) clearTimeout(timer);
        leave();
        resolve();
      }
      wake = wakeUp;
    });
  }

  return {
    ready,
    take,
    isLive,
    position: () => position,
    fork: () => createChangeStream({ ...options, position, ahead }),
    close() {
      isClosed = true;
      wake();
    },
  };
}
