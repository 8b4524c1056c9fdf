import { isOver } from "../events/event.transitions.ts";
import type { EventStatus, MessagingMode } from "../events/event.rules.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";

/** What becomes of a question: NEW → APPROVED → ANSWERED, or DECLINED; moderators may change their mind. */
export const QuestionStatus = { NEW: "NEW", APPROVED: "APPROVED", ANSWERED: "ANSWERED", DECLINED: "DECLINED" } as const;
export type QuestionStatus = (typeof QuestionStatus)[keyof typeof QuestionStatus];

export const ModerationAction = { APPROVE: "APPROVE", DECLINE: "DECLINE", ANSWER: "ANSWER" } as const;
export type ModerationAction = (typeof ModerationAction)[keyof typeof ModerationAction];

/** Longest text of a question, a reply or a message of the chat, in UTF-16 units. */
export const TEXT_LENGTH_LIMIT = 500;

/** How many texts within how many seconds. */
export interface TextRate {
  readonly count: number;
  readonly seconds: number;
}

/** What one attendee may write, and all attendees of an event together. */
export const QUESTION_RATES = { attendee: { count: 5, seconds: 60 }, event: { count: 600, seconds: 60 } } as const satisfies Rates;
export const CHAT_RATES = { attendee: { count: 10, seconds: 10 }, event: { count: 1_000, seconds: 10 } } as const satisfies Rates;

export interface Rates {
  readonly attendee: TextRate;
  readonly event: TextRate;
}

/** Seen by all attendees; the others by their author and by moderators alone. */
export const PUBLIC_STATUSES: readonly QuestionStatus[] = ["APPROVED", "ANSWERED"];

const AFTER: Readonly<Record<ModerationAction, { readonly to: QuestionStatus; readonly from: readonly QuestionStatus[] }>> = {
  APPROVE: { to: "APPROVED", from: ["NEW", "DECLINED"] },
  DECLINE: { to: "DECLINED", from: ["NEW", "APPROVED", "ANSWERED"] },
  ANSWER: { to: "ANSWERED", from: ["NEW", "APPROVED"] },
};

export type ModerationDecision = { readonly status: QuestionStatus } | { readonly refusal: Omit<UserError, "path"> };

export function decideModeration(status: QuestionStatus, action: ModerationAction): ModerationDecision {
  const { to, from } = AFTER[action];
  if (from.includes(status)) return { status: to };
  if (status === to) return { refusal: { code: UserErrorCode.ALREADY_IN_STATE, message: `The question is ${to} already.` } };
  return { refusal: { code: UserErrorCode.INVALID_STATE, message: `The question is ${status}: it cannot become ${to}.` } };
}

/** Whether something may be written to an event now, as far as its mode and status say. */
export function findMessagingRefusal(
  event: { readonly messagingMode: MessagingMode; readonly status: EventStatus },
  wanted: Exclude<MessagingMode, "DISABLED">,
): Omit<UserError, "path"> | null {
  if (isOver(event.status)) return { code: UserErrorCode.EVENT_ENDED, message: "The event has ended." };
  if (event.messagingMode === wanted) return null;
  const what = wanted === "CHAT" ? "chat" : "Q&A";
  return { code: UserErrorCode.MESSAGING_DISABLED, message: `The event has no ${what}.` };
}
