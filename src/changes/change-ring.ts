import { groupBy } from "../shared/group-by.ts";
import type { LoggedChange, LogStep } from "./change.store.ts";
import { isLater, isVisible, type Snapshot } from "./position.ts";

/** The newest steps of the log, in memory, for all readers of a process. */
export interface ChangeRing {
  /** Up to where the log was read. */
  readonly to: Snapshot;
  /** Puts a step behind the last one. Gives the organizations that have rows in it, or null when that is not known. */
  readonly push: (step: LogStep) => ReadonlySet<string> | null;
  /** What follows a position, for one organization. */
  readonly after: (position: Snapshot, organizationId: string) => RingAnswer;
}

/**
 * `nothing`: no row of the organization up to `to`. `step`: none up to `from`, then these rows, in the order of ids, up to `to`; all
 * who read a whole step are given the very same batches of it. `older`: the position lies before the ring; read the log itself up to `to`.
 */
export type RingAnswer =
  | { readonly kind: "nothing"; readonly to: Snapshot }
  | { readonly kind: "step"; readonly from: Snapshot; readonly to: Snapshot; readonly batches: readonly RowBatch[] }
  | { readonly kind: "older"; readonly to: Snapshot };

/** Rows that are told together. */
export type RowBatch = readonly LoggedChange[];

/** Most rows of one batch. */
export const BATCH_LIMIT = 200;

interface HeldStep {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly rowCount: number;
  readonly batchesByOrganization: ReadonlyMap<string, readonly RowBatch[]>;
}

/** A ring that begins at a snapshot and holds at most `rowLimit` rows. */
export function createChangeRing(start: Snapshot, rowLimit: number): ChangeRing {
  let steps: HeldStep[] = [];
  let rowCount = 0;
  let heldFrom = start;
  let to = start;
  /** Since when an organization has had no rows; `quietSince` for those that are not in it. */
  const lastActive = new Map<string, Snapshot>();
  let quietSince = start;

  function push(step: LogStep): ReadonlySet<string> | null {
    to = step.to;
    if (step.isCut) {
      steps = [];
      rowCount = 0;
      heldFrom = step.to;
      quietSince = step.to;
      lastActive.clear();
      return null;
    }
    if (step.rows.length === 0) return new Set();
    const rowsByOrganization = groupBy(step.rows, (row) => row.organizationId);
    const batchesByOrganization = new Map([...rowsByOrganization].map(([organizationId, rows]) => [organizationId, inBatches(rows)]));
    for (const organizationId of batchesByOrganization.keys()) lastActive.set(organizationId, step.to);
    steps.push({ from: step.from, to: step.to, rowCount: step.rows.length, batchesByOrganization });
    rowCount += step.rows.length;
    trim();
    return new Set(batchesByOrganization.keys());
  }

  function trim(): void {
    let surplus = 0;
    for (let oldest = steps[0]; rowCount > rowLimit && oldest; oldest = steps[surplus]) {
      rowCount -= oldest.rowCount;
      heldFrom = oldest.to;
      surplus += 1;
    }
    if (surplus > 0) steps = steps.slice(surplus);
  }

  function after(position: Snapshot, organizationId: string): RingAnswer {
    if (!isLater(lastActive.get(organizationId) ?? quietSince, position)) return { kind: "nothing", to };
    if (isLater(heldFrom, position)) return { kind: "older", to };
    for (let index = firstBehind(steps, position); index < steps.length; index += 1) {
      const step = steps[index];
      const batches = step?.batchesByOrganization.get(organizationId);
      if (step && batches) return answerWith(step, batches, position);
    }
    return { kind: "nothing", to };
  }

  return {
    get to() {
      return to;
    },
    push,
    after,
  };
}

/** The first step that ends behind a position; live readers stand at the end, which is looked at first. */
function firstBehind(steps: readonly HeldStep[], position: Snapshot): number {
  let index = steps.length;
  for (let step = steps[index - 1]; step && isLater(step.to, position); step = steps[index - 1]) index -= 1;
  return index;
}

function answerWith({ from, to }: HeldStep, batches: readonly RowBatch[], position: Snapshot): RingAnswer {
  if (!isLater(position, from)) return { kind: "step", from, to, batches };
  // A position that another process gave out may lie within a step of ours.
  const unseen = batches.flat().filter((row) => !isVisible(row.transaction, position));
  return { kind: "step", from: position, to, batches: inBatches(unseen) };
}

function inBatches(rows: readonly LoggedChange[]): readonly RowBatch[] {
  return Array.from({ length: Math.ceil(rows.length / BATCH_LIMIT) }, (_, index) =>
    rows.slice(index * BATCH_LIMIT, (index + 1) * BATCH_LIMIT),
  );
}
