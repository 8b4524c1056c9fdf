import { Fault, FaultCode } from "../shared/user-error.ts";
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

/**
 * What is left when no verb knew the constraint (class 23) or a value got past the edge that PostgreSQL cannot hold (class 22):
 * the caller's input is at fault, and the statement's own text stays with us. Null for every other error.
 */
export function inputFault(error: unknown): Fault | null {
  const state = sqlState(error) ?? "";
  if (state.startsWith("22"))
    return new Fault(FaultCode.BAD_USER_INPUT, "A value is of a form or size that cannot be stored.", { cause: error });
  if (state.startsWith("23"))
    return new Fault(FaultCode.BAD_USER_INPUT, "The change contradicts what is stored by now. Read again and retry.", { cause: error });
  return null;
}
