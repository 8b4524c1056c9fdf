import type { LoggedChange, LogStep } from "./change.store.ts";
import { groupBy } from "../shared/group-by.ts";

/** The newest steps of the log, in memory, for all readers of a process. */
export interface ChangeRing {
  /** The horizon that the log was read up to. */
  readonly to: bigint;
  /** Puts a step behind the last one. Gives the organizations that have rows in it, or null when that is not known. */
  readonly push: (step: LogStep) => ReadonlySet<string> | null;
  /** What follows a position, for one organization. */
  readonly after: (from: bigint, organizationId: string) => RingAnswer;
}

/**
 * `nothing`: no row of the organization up to the horizon `to`. `step`: rows of a step, from the position on (none of another
 * organization). `older`: the position lies before the ring; read the log up to `to`.
 */
export type RingAnswer =
  | { readonly kind: "nothing"; readonly to: bigint }
  | { readonly kind: "step"; readonly to: bigint; readonly rows: readonly LoggedChange[] }
  | { readonly kind: "older"; readonly to: bigint };

interface HeldStep {
  readonly from: bigint;
  readonly to: bigint;
  readonly rowCount: number;
  readonly rowsByOrganization: ReadonlyMap<string, readonly LoggedChange[]>;
}

/** A ring that begins at a horizon and holds at most `rowLimit` rows. */
export function createChangeRing(start: bigint, rowLimit: number): ChangeRing {
  let steps: HeldStep[] = [];
  let rowCount = 0;
  let heldFrom = start;
  let to = start;
  /** Since which horizon an organization has had no rows; `quietSince` for those that are not in it. */
  const lastActive = new Map<string, bigint>();
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
    for (const organizationId of rowsByOrganization.keys()) lastActive.set(organizationId, step.to);
    steps.push({ from: step.from, to: step.to, rowCount: step.rows.length, rowsByOrganization });
    rowCount += step.rows.length;
    trim();
    return new Set(rowsByOrganization.keys());
  }

  function trim(): void {
    let surplus = 0;
    while (rowCount > rowLimit) {
      const oldest = steps[surplus];
      if (!oldest) break;
      rowCount -= oldest.rowCount;
      heldFrom = oldest.to;
      surplus += 1;
    }
    steps = steps.slice(surplus);
  }

  function after(from: bigint, organizationId: string): RingAnswer {
    if (from >= (lastActive.get(organizationId) ?? quietSince)) return { kind: "nothing", to };
    if (from < heldFrom) return { kind: "older", to };
    const step = steps.slice(firstBehind(steps, from)).find(({ rowsByOrganization }) => rowsByOrganization.has(organizationId));
    if (!step) return { kind: "nothing", to };
    const rows = step.rowsByOrganization.get(organizationId) ?? [];
    // A position given out by another process may lie within a step of ours.
    return { kind: "step", to: step.to, rows: step.from >= from ? rows : rows.filter((row) => row.transaction >= from) };
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
function firstBehind(steps: readonly HeldStep[], from: bigint): number {
  let index = steps.length;
  while (index > 0 && (steps[index - 1]?.to ?? 0n) > from) index -= 1;
  return index;
}
