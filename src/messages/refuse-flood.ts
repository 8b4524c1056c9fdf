import { sql } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { firstIdentifierOf } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { Rates, TextRate } from "./message.rules.ts";

export interface Flood {
  readonly table: "questions" | "chat_messages";
  readonly kind: "question" | "chatmessage";
  readonly eventId: string;
  /** Null: of a moderator, who is not counted. */
  readonly authorId: string | null;
  readonly rates: Rates;
}

/** Refuses with RATE_LIMITED what comes too fast from one attendee, or from all of an event; counted over all gateways, by ids that tell their time. */
export async function refuseFlood(context: TransactionContext, { table, kind, eventId, authorId, rates }: Flood): Promise<void> {
  if (authorId === null) return;
  const now = context.clock.now().getTime();
  const since = ({ seconds }: TextRate) => firstIdentifierOf(kind, new Date(now - seconds * 1_000));
  const [counted] = await context.transaction.execute<{ own: number; all: number }>(sql`
    select
      (select count(*)::integer from ${sql.identifier(table)}
        where event_id = ${eventId} and author_id = ${authorId} and id >= ${since(rates.attendee)}) as own,
      (select count(*)::integer from ${sql.identifier(table)} where event_id = ${eventId} and id >= ${since(rates.event)}) as "all"`);
  const rate = (counted?.own ?? 0) >= rates.attendee.count ? rates.attendee : (counted?.all ?? 0) >= rates.event.count ? rates.event : null;
  if (!rate) return;
  throw new Fault(FaultCode.RATE_LIMITED, `Too many at a time. Write again in ${rate.seconds} s.`, { retryAfterSeconds: rate.seconds });
}
