import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import type { EventAccess } from "./event.rules.ts";

/** Refuses an end that does not come after the start. */
export function refuseTimes({ startsAt, endsAt }: { readonly startsAt: Date | null; readonly endsAt: Date | null }): void {
  if (startsAt === null || endsAt === null || endsAt > startsAt) return;
  throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message: "endsAt must come after startsAt.", path: ["input", "endsAt"] });
}

/** Refuses a code that nobody is asked for, and the asking for a code that there is none of. */
export function refuseAccess(given: { readonly access: EventAccess; readonly hasCode: boolean; readonly isCodeGiven: boolean }): void {
  const path = ["input", "accessCode"];
  if (given.access === "ACCESS_CODE" && !given.hasCode) {
    throw new Refusal({ code: UserErrorCode.REQUIRED, message: "Give the code that attendees are to enter.", path });
  }
  if (given.access === "PUBLIC" && given.isCodeGiven) {
    throw new Refusal({ code: UserErrorCode.NOT_APPLICABLE, message: "A public event asks nobody for a code.", path });
  }
}
