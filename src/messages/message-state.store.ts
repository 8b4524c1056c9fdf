import { sql } from "drizzle-orm";
import { readStatePage, type StatePage, type StatePageQuery } from "../changes/state-page.store.ts";
import type { Executor } from "../database/database.ts";
import type { ChatMessageState, QuestionState } from "./message.changes.ts";

type ReadStates<State> = (executor: Executor, page: StatePageQuery) => Promise<StatePage<State>>;

/** The states of an event's questions by id, and the snapshot that the one statement saw them in. */
export function questionStatesOf(eventId: string): ReadStates<QuestionState> {
  return (executor, { organizationId, afterId, limit }) =>
    readStatePage(
      executor,
      sql`
        select q.id, jsonb_build_object('eventId', q.event_id, 'authorId', q.author_id, 'status', q.status) as state from questions q
        where q.organization_id = ${organizationId} and q.event_id = ${eventId} and q.id > ${afterId}
        order by q.id limit ${limit}
      `,
    );
}

/** The same of the messages of its chat. */
export function chatMessageStatesOf(eventId: string): ReadStates<ChatMessageState> {
  return (executor, { organizationId, afterId, limit }) =>
    readStatePage(
      executor,
      sql`
        select m.id, jsonb_build_object('eventId', m.event_id) as state from chat_messages m
        where m.organization_id = ${organizationId} and m.event_id = ${eventId} and m.id > ${afterId}
        order by m.id limit ${limit}
      `,
    );
}
