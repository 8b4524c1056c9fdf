import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Context } from "../access/context.ts";
import { openAccessCode } from "../events/access-code.ts";
import { findEventOfAnyone, type EventRow } from "../events/event.store.ts";
import type { GuessGuard } from "../limits/guess-guard.ts";
import { randomToken } from "../shared/identifier.ts";
import { plainText } from "../shared/text.schema.ts";
import { Fault, FaultCode, Refusal, UserErrorCode } from "../shared/user-error.ts";
import { admissionOf, writeAttendeeToken } from "./attendee-token.ts";

const DISPLAY_NAME_LENGTH_LIMIT = 50;
const DEFAULT_DISPLAY_NAME = "Guest";
const ATTENDEE_ID_LENGTH = 26;
/** An event and the evening after it; whoever stays longer joins again. */
const TOKEN_HOURS = 24;

export const joinEventInput = z.object({
  eventId: z.string(),
  accessCode: plainText(200).nullish(),
  displayName: plainText(DISPLAY_NAME_LENGTH_LIMIT)
    .refine((text) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), "must not contain control characters")
    .nullish(),
});
export type JoinEvent = z.output<typeof joinEventInput>;

export interface Joined {
  readonly token: string;
  readonly expiresAt: Date;
}

/** A code that was guessed wrong, as whoever counts guesses sees it. */
class WrongAccessCode extends Fault {
  constructor(readonly refusal: Refusal) {
    super(FaultCode.UNAUTHENTICATED, "This is not the access code of the event.");
  }
}

/**
 * The way in for an attendee: who may come in gets a token that is good for this event alone. Asks for no credential; an address that
 * tried too many wrong codes is refused with RATE_LIMITED before the next is looked at.
 */
export async function joinEvent(
  context: Pick<Context, "database" | "vault" | "clock" | "ipAddress"> & { readonly guesses: GuessGuard },
  input: JoinEvent,
): Promise<Joined> {
  // Who sends no code guesses none.
  if (!input.accessCode) return admit(context, input);
  const attempt = { ipAddress: context.ipAddress, authorization: `access code ${input.eventId} ${input.accessCode}` };
  try {
    return await context.guesses.guard(attempt, () => admit(context, input));
  } catch (error) {
    throw error instanceof WrongAccessCode ? error.refusal : error;
  }
}

async function admit(
  { database, vault, clock }: Pick<Context, "database" | "vault" | "clock">,
  { eventId, accessCode, displayName }: JoinEvent,
): Promise<Joined> {
  const event = await findEventOfAnyone(database.executor, eventId);
  if (!event) {
    throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no event with this id.", path: ["input", "eventId"] });
  }
  const code = event.accessCode && openAccessCode(vault, event.id, event.accessCode);
  refuseWrongCode(event, code, accessCode?.trim() ?? "");
  const expiresAt = new Date(clock.now().getTime() + TOKEN_HOURS * 3_600_000);
  const token = writeAttendeeToken(vault, {
    ...{ eventId: event.id, expiresAt },
    attendeeId: randomToken(ATTENDEE_ID_LENGTH),
    displayName: displayName?.normalize("NFC").trim() || DEFAULT_DISPLAY_NAME,
    admission: admissionOf(vault, event.id, code),
  });
  return { token, expiresAt };
}

function refuseWrongCode({ access }: EventRow, code: string | null, given: string): void {
  if (access === "PUBLIC" || (code !== null && isSame(code, given))) return;
  const message = given === "" ? "Enter the access code of the event." : "This is not the access code of the event.";
  const path = ["input", "accessCode"];
  if (given === "") throw new Refusal({ code: UserErrorCode.REQUIRED, message, path });
  throw new WrongAccessCode(new Refusal({ code: UserErrorCode.INVALID_VALUE, message, path }));
}

/** How long it takes says nothing about how much of it was right. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
