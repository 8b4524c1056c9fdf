import { createHmac, randomBytes } from "node:crypto";
import type { PostAnswer } from "../network/post-allowed.ts";

/** What became of one message to one webhook. */
export const WebhookDeliveryStatus = { PENDING: "PENDING", DELIVERED: "DELIVERED", RETRYING: "RETRYING", FAILED: "FAILED" } as const;
export type WebhookDeliveryStatus = (typeof WebhookDeliveryStatus)[keyof typeof WebhookDeliveryStatus];

/** Webhooks of one organization. */
export const WEBHOOK_COUNT_LIMIT = 50;

/** From one attempt to the next: 5 seconds at first, three times as long each time, 8 hours at most. */
const FIRST_DELAY_SECONDS = 5;
const DELAY_FACTOR = 3;
const DELAY_LIMIT_SECONDS = 8 * 3_600;
/** What was not taken in so many hours from its first attempt on is given up, however often it was tried. */
export const GIVE_UP_HOURS = 72;
/** Up to so much of a delay is added or taken off, so that what failed together does not come back together. */
const JITTER = 0.2;

/** When what was attempted so often is attempted again; `chance` is a random number from 0 to 1. */
export function nextAttemptAt(attempts: number, { now, chance }: { readonly now: Date; readonly chance: number }): Date {
  const seconds = Math.min(FIRST_DELAY_SECONDS * DELAY_FACTOR ** (attempts - 1), DELAY_LIMIT_SECONDS);
  return new Date(now.getTime() + seconds * 1_000 * (1 + JITTER * (2 * chance - 1)));
}

/** What an attempt comes to. */
export interface DeliveryOutcome {
  readonly status: WebhookDeliveryStatus;
  /** Null when nobody answered. */
  readonly responseStatus: number | null;
  /** One sentence; null when it was taken. */
  readonly problem: string | null;
  readonly nextAttemptAt: Date | null;
  /** Why nothing more is sent to the webhook; null when that goes on. */
  readonly disabledReason: string | null;
}

const GONE = 410;

export interface AttemptFacts {
  /** This one included. */
  readonly attempts: number;
  readonly firstAttemptAt: Date;
  readonly now: Date;
  /** From 0 to 1, by chance. */
  readonly chance: number;
}

/** A status from 200 to 299 takes a message; 410 says that nothing is wanted any more; anything else is tried again. */
export function decideOutcome(answer: PostAnswer, { attempts, firstAttemptAt, now, chance }: AttemptFacts): DeliveryOutcome {
  const responseStatus = answer.kind === "ANSWERED" ? answer.status : null;
  if (responseStatus !== null && responseStatus >= 200 && responseStatus < 300) {
    return { status: "DELIVERED", responseStatus, problem: null, nextAttemptAt: null, disabledReason: null };
  }
  const problem = answer.kind === "UNANSWERED" ? answer.problem : `The receiver answered with status ${answer.status}.`;
  const disabledReason = responseStatus === GONE ? "The receiver answered with status 410: it wants nothing more." : null;
  const isLast = now.getTime() - firstAttemptAt.getTime() >= GIVE_UP_HOURS * 3_600_000;
  return {
    status: isLast ? "FAILED" : "RETRYING",
    responseStatus,
    problem,
    nextAttemptAt: isLast ? null : nextAttemptAt(attempts, { now, chance }),
    disabledReason,
  };
}

const SECRET_PREFIX = "whsec_";
/** Standard Webhooks wants 24 to 64. */
const SECRET_BYTES = 32;

export function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/** One attempt at a message: who receives it again knows it by its id. */
export interface SignedMessage {
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

/** The headers of Standard Webhooks (https://www.standardwebhooks.com): who it is, when it was sent, and an HMAC-SHA256 over both and the body. */
export function signedHeaders(secret: string, { id, at, body }: SignedMessage): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
