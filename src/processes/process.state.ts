import { sql, type SQL } from "drizzle-orm";
import type { NewChange } from "../changes/append-changes.ts";
import type { LoggedChangeKind } from "../changes/change.rules.ts";
import type { Health } from "../sessions/session.rules.ts";
import type { ProcessKind } from "./process.rules.ts";

/** The fields of a process that filters look at; the change log keeps them as they were and as they are. */
export interface ProcessState {
  readonly sessionId: string;
  readonly kind: ProcessKind;
  readonly isEnabled: boolean;
  readonly isActive: boolean;
  readonly health: Health;
}

/** The state of the process `c` as JSON. */
export const processStateJson: SQL = sql`jsonb_build_object(
  'sessionId', c.session_id, 'kind', c.kind, 'isEnabled', c.is_enabled and not c.is_removed, 'isActive', c.is_active, 'health', c.health)`;

/** A process before and after something was done to it. */
export interface ProcessStep {
  readonly id: string;
  readonly organizationId: string;
  readonly before: ProcessState | null;
  readonly after: ProcessState | null;
}

/** What the change log is told of processes; the kind follows from what was there before and after unless one is named. */
export function processChanges(
  steps: readonly ProcessStep[],
  { at, actor, kind }: { readonly at: Date; readonly actor: string | null; readonly kind?: LoggedChangeKind },
): readonly NewChange[] {
  return steps.map(({ id, organizationId, before, after }) => ({
    organizationId,
    object: "PROCESS",
    objectId: id,
    kind: before === null ? "CREATED" : after === null ? "DELETED" : (kind ?? "UPDATED"),
    at,
    actor,
    before,
    after,
  }));
}
