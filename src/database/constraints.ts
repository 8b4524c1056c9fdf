import { sqlState } from "./sql-state.ts";

const CAUSE_DEPTH_LIMIT = 5;

/** The name of the constraint that a statement ran into; null when it failed for another reason. */
export function violatedConstraint(error: unknown): string | null {
  if (!sqlState(error)?.startsWith("23")) return null;
  let each = error;
  for (let depth = 0; each instanceof Error && depth < CAUSE_DEPTH_LIMIT; depth += 1) {
    if ("constraint_name" in each && typeof each.constraint_name === "string") return each.constraint_name;
    each = each.cause;
  }
  return null;
}
